"""Readings compared: one that left out what is written as before, and one that left out nothing."""

from news.crawl.identity import identify
from news.crawl.memory import identities, remember
from news.crawl.parse import parse
from news.crawl.records import ArticleRecord, Document, Reading
from news.tests.factories import NOW


def in_pairs(first: Document) -> bytes:
    """Remember a document in the form in which nothing is left out of the next one."""
    return remember(identify(parse(first), first.url, NOW).entries)


def assert_same_news(found: Reading, expected: Reading, had: Reading) -> None:
    """What `found` has besides is to be compared with what is stored, and reads as it did."""
    more = {*found.records} - {*expected.records}
    assert {*map(_words, more)} <= {*map(_words, had.records)}
    assert [record for record in found.records if record not in more] == [*expected.records]
    assert identities(found.memory) == identities(expected.memory)


def _words(record: ArticleRecord) -> tuple[bytes, str, str]:
    return record.identity, record.title, record.raw_content
