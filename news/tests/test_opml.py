"""Lists of feeds as other readers write them, and as nobody should."""

import pytest

from news import opml
from news.opml import OpmlError, Outline, read, write
from news.tests.factories import NOW

LIST = """<?xml version="1.0" encoding="{encoding}"?>
<opml version="1.0"><head><title>Mine</title></head><body>
  <outline text="Наука"><outline text="Orbit" title="The Orbit" type="rss"
    xmlUrl=" https://orbit.example/feed?a=1&amp;b=2 " htmlUrl="https://orbit.example/"/>
    <outline><outline text="Deep" XMLURL="https://deep.example/"/></outline></outline>
  <outline text="Plain" xmlUrl="https://plain.example/"/>
  <outline text="An empty folder"/>
</body></opml>"""
FOUND = [
    Outline(
        "The Orbit", "https://orbit.example/feed?a=1&b=2", "https://orbit.example/", folder="Наука"
    ),
    Outline("Deep", "https://deep.example/", folder="Наука"),
    Outline("Plain", "https://plain.example/"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1251"])
def test_list_is_read_in_its_order_with_folders(encoding: str) -> None:
    assert read(LIST.format(encoding=encoding).encode(encoding)) == FOUND


def test_list_is_read_as_it_was_written_whatever_the_words() -> None:
    said = [
        Outline('A "b" <c> & d', "https://a.example/?a=1&b='2'", "https://a.example/"),
        Outline("Tech", topic="tech", folder="Topics"),
        Outline("x", query='title:moon* -"a b"', topic="tech", folder="A & B"),
    ]
    written = write(title="Mine & others\x0b", outlines=said, now=NOW)
    assert read(written) == said
    assert b"Sun, 01 Mar 2026 12:00:00 +0000" in written
    assert read(write(title="", outlines=[Outline("a\x00b", "https://a.example/")], now=NOW)) == [
        Outline("ab", "https://a.example/")
    ]


BOMB = '<!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><opml><body text="&b;"/></opml>'


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("", "no XML, see line 1: no element found"),
        ("Hello", "no XML"),
        ("<opml><body>", "no XML"),
        ("<rss version='2.0'/>", "no OPML: it begins with <rss>"),
        (BOMB, "document type of its own"),
        (BOMB.encode("utf-16"), "document type of its own"),
        ('<!DOCTYPE o [<!ENTITY % x SYSTEM "http://a.example/">%x;]><opml/>', "of its own"),
        ("<opml>&unknown;</opml>", "no XML"),
        ('<?xml version="1.0" encoding="none-such"?><opml/>', "encoding"),
        ("<opml>" + "<outline>" * 60 + "</outline>" * 60 + "</opml>", "deep"),
        ("<opml>" + "<a/>" * 100_000 + "</opml>", "elements"),
        (b"<opml>\xff\xfe\x00</opml>", "no XML"),
    ],
)
def test_document_is_refused_with_a_reason_when_it_is_none(markup: str | bytes, said: str) -> None:
    with pytest.raises(OpmlError, match=said):
        read(markup if isinstance(markup, bytes) else markup.encode())


def test_list_of_too_many_feeds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opml, "MOST", 2)
    with pytest.raises(OpmlError, match="more than 2 feeds"):
        read(LIST.format(encoding="utf-8").encode())


def test_declared_type_that_declares_nothing_itself_is_fine() -> None:
    assert read(b'<!DOCTYPE opml SYSTEM "http://opml.example/opml.dtd"><opml/>') == []
