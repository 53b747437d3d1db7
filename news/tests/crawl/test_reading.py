from dataclasses import replace
from time import process_time

import pytest

from news.crawl.memory import half, identities
from news.crawl.reading import read
from news.crawl.records import Document, Reading
from news.tests.crawl.readings import assert_same_news, in_pairs
from news.tests.factories import NOW, item, items, rss

URL = "https://news.example/feed"


def document(body: bytes) -> Document:
    return Document(URL, 200, body)


def reading(body: bytes, before: Reading | None = None) -> Reading:
    return read(document(body), before.memory if before else b"", NOW)


def titles(found: Reading) -> list[str]:
    return [record.title for record in found.records]


def test_reading_has_everything_when_nothing_is_remembered() -> None:
    found = reading(rss(*items("ab")))
    assert sorted(titles(found)) == ["na", "nb"]
    assert identities(found.memory) == {half(record.identity) for record in found.records}


def test_reading_has_only_what_is_new_or_edited_when_the_last_document_is_remembered() -> None:
    first = reading(rss(*OLD))
    second = reading(rss(dated("d", 4), *OLD[:2], dated("a", 1, text="New.")), first)
    assert titles(second) == ["a", "d"]
    assert len(identities(second.memory)) == 4


def test_reading_has_nothing_when_only_the_order_differs() -> None:
    assert titles(reading(rss(*items("ba")), reading(rss(*items("ab"))))) == []


@pytest.mark.parametrize("memory", [b"x", b"x" * 1000])
def test_reading_has_everything_when_the_memory_is_of_something_else(memory: bytes) -> None:
    other = replace(reading(rss()), memory=memory)
    assert titles(reading(rss(*items("a")), other)) == ["na"]


def test_entries_written_as_before_are_not_parsed_when_the_last_document_is_remembered() -> None:
    names = [f"{number:03}" for number in range(400)]
    first = reading(rss(*items(names)))
    again = rss(*items(["new", *names[:-1]]))
    began = process_time()
    assert len(reading(again).records) == 400
    whole = process_time() - began
    began = process_time()
    assert titles(reading(again, first)) == ["nnew"]
    assert process_time() - began < whole / 3


def dated(name: str, day: int, **more: str) -> str:
    return item(name, extra=f"<pubDate>{day} May 2025 00:00 GMT</pubDate>", **more)


OLD = [dated("c", 3), dated("b", 2), dated("a", 1)]
BARE = "<item><title>Bare</title><link>https://example.org/a</link></item>"
HOME = '<item><title>Home</title><link>https://example.org/</link><guid isPermaLink="false">h'
ATOM = """<entry><id>{0}</id><link href="/{0}"/><title>{0}</title><content>x</content></entry>"""
SEQ = '<rdf:Seq><rdf:li rdf:resource="{0}"/></rdf:Seq>'


def rdf(entries: str) -> bytes:
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel><title>T</title>'
        f"<items>{SEQ.format(len(entries))}</items></channel>{entries}</rdf:RDF>"
    ).encode()


def feed(base: str, *names: str) -> bytes:
    entries = "\n".join(map(ATOM.format, names))
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{base}>{entries}</feed>'.encode()


CHANGES = {
    "entry_is_new": (rss(*OLD), rss(dated("d", 4), *OLD)),
    "entries_are_new": (rss(*OLD), rss(dated("e", 1), dated("d", 4), *OLD)),
    "entry_has_gone": (rss(*OLD), rss(*OLD[1:])),
    "entry_is_edited": (rss(*OLD), rss(*OLD[:2], dated("a", 1, text="New."))),
    "nothing_is_new": (rss(*OLD), rss(*OLD, title="Other")),
    "entries_are_undated": (rss(*items("ab")), rss(*items("dabc"))),
    "one_is_undated": (rss(OLD[0]), rss(dated("v", 2), item("u"), OLD[0])),
    "entry_shares_a_link": (rss(*OLD), rss(BARE, *OLD)),
    "entry_shared_a_link": (rss(BARE, *OLD), rss(*OLD)),
    "entry_has_the_identity_of_a_later_one": (rss(*OLD), rss(dated("z", 4, guid="a"), *OLD)),
    "entry_stands_twice": (rss(*OLD), rss(dated("d", 4), *OLD, *OLD)),
    "entry_links_home": (rss(f"{HOME}1</guid></item>"), rss(f"{HOME}2</guid></item>", *OLD)),
    "site_has_moved": (
        rss(*OLD),
        rss(dated("d", 4), *OLD).replace(b"org/</link>", b"org/a</link>"),
    ),
    "entry_is_in_a_comment": (rss(*OLD), rss(OLD[0], "<!--", OLD[1], "-->", OLD[2])),
    "all_are_in_a_comment": (rss(*OLD), rss("<!--", *OLD, "-->")),
    "all_are_quoted": (rss(*OLD), rss("<description><![CDATA[", *OLD, "]]></description>")),
    "entry_quotes_another": (rss(*OLD), rss(f"<item><title><![CDATA[{OLD[0]}]]></title></item>")),
    "entry_is_empty": (rss(*OLD, "<item></item>"), rss(dated("d", 4), *OLD, "<item></item>")),
    "entry_closes_itself": (rss(*OLD, "<item/>"), rss(dated("d", 4), *OLD, "<item/>")),
    "new_entry_is_broken": (rss(*OLD), rss(dated("d", 4, text="<p>&nbsp;"), *OLD)),
    "old_entry_is_broken": (rss(*OLD, dated("d", 4, text="<p>")), rss(*OLD)),
    "end_is_missing": (rss(*OLD), rss(dated("d", 4), *OLD)[:-20]),
    "atom": (feed("", "a", "b"), feed("", "c", "a", "b")),
    "base_has_changed": (feed("", "a", "b"), feed(' xml:base="https://b.example/"', "c", "a", "b")),
    "namespace_has_changed": (feed("", "a"), feed("", "c", "a").replace(b"/2005/Atom", b"/other")),
    "rdf": (rdf("".join(items("a"))), rdf("".join(items("ba")))),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_reading_is_the_same_when_entries_written_as_before_are_left_out(
    before: bytes, after: bytes
) -> None:
    first = reading(before)
    whole = replace(first, memory=in_pairs(document(before)))
    found, expected = reading(after, first), reading(after, whole)
    assert_same_news(found, expected, first)
    assert (found.title, found.site_url) == (expected.title, expected.site_url)


def test_reading_has_what_is_written_otherwise_once_when_it_reads_as_before() -> None:
    first = reading(rss(*OLD))
    others = [rss(*OLD[:2], dated("a", 1, text=f"Text.&lt;img src=/{n}&gt;")) for n in (1, 2)]
    second = reading(others[0], first)
    assert titles(second) == ["a"]  # to be compared with what is stored
    assert titles(reading(others[1], second)) == []
    assert titles(reading(rss(*OLD[:2], dated("a", 1, text="New.")), second)) == ["a"]
