from dataclasses import replace

import pytest

from news.crawl.memory import half, identities
from news.crawl.reading import read
from news.crawl.records import Document, Reading
from news.tests.factories import NOW, item, items, rss


def reading(body: bytes, before: Reading | None = None) -> Reading:
    document = Document("https://news.example/feed", 200, body)
    return read(document, before.memory if before else b"", NOW)


def titles(found: Reading) -> list[str]:
    return [record.title for record in found.records]


def test_reading_has_everything_when_nothing_is_remembered() -> None:
    found = reading(rss(*items("ab")))
    assert sorted(titles(found)) == ["na", "nb"]
    assert identities(found.memory) == {half(record.identity) for record in found.records}


def test_reading_has_only_what_is_new_or_edited_when_the_last_document_is_remembered() -> None:
    first = reading(rss(*items("ab"), item("c", "Old.")))
    second = reading(rss(*items("dab"), item("c", "New.")), first)
    assert sorted(titles(second)) == ["c", "nd"]
    assert len(identities(second.memory)) == 4


def test_reading_has_nothing_when_only_the_order_differs() -> None:
    assert titles(reading(rss(*items("ba")), reading(rss(*items("ab"))))) == []


@pytest.mark.parametrize("memory", [b"x", b"x" * 1000])
def test_reading_has_everything_when_the_memory_is_of_something_else(memory: bytes) -> None:
    other = replace(reading(rss()), memory=memory)
    assert titles(reading(rss(*items("a")), other)) == ["na"]
