"""What holds for every document whatever: in each format, well-formed or not, honest or not."""

import re
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from random import Random

import lxml.html  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from news.crawl.identity import identify
from news.crawl.parse import NotAFeed, parse
from news.crawl.reading import read
from news.crawl.records import ArticleRecord, Document, ParsedFeed, Reading
from news.html import sanitise
from news.tests.crawl.readings import assert_same_news, in_pairs
from news.tests.crawl.stories import Story, atom, json_feed, rdf, rss
from news.tests.factories import NOW

URL = "https://news.example/feed"
# No deadline: a machine that does something else meanwhile proves nothing.
often = settings(max_examples=200, deadline=None)


Writer = Callable[[list[Story], str, str], str]
FORMATS: st.SearchStrategy[Writer] = st.sampled_from([rss, atom, rdf, json_feed])


def document(body: bytes, content_type: str = "application/xml") -> Document:
    return Document(url=URL, status=200, body=body, content_type=content_type)


# --- any bytes -----------------------------------------------------------------------------------

CHARSETS = st.sampled_from(["utf-8", "utf-16", "latin-1", "koi8-r", "gb18030", "shift_jis", "x-?"])
HONEST = [
    Story("g1", "/1", "One & two", "<p>Three</p><img src='/4.png'>", "2026-04-01T00:00:00Z"),
    Story("", "https://a.example/é?x=1", "Fünf", "text", "Wed, 1 Apr 2026 25:00 CEST"),
]

RICH = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xml:base="https://a.example/b/">
<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A &amp; <b>B</b></div></title>
<link rel="hub" href="/hub"/><author><name>Ann</name></author><entry xml:base="c/"><id>1</id>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x<a href="d">y</a><o:p/></p>
</div></content><link href="1"/><link rel="enclosure" href="a.ogg" type="audio/ogg" length="5"/>
<category term="t" label="T"/><published>2026-04-01</published><itunes:image href="i.png"/>
<media:group><media:content url="v.mp4"/><media:thumbnail url="t.jpg"/></media:group></entry>
<entry><summary mode="base64">PGI+</summary><title><![CDATA[<i>]]></title></entry></feed>"""


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """Take an honest document, and cut, repeat, nest, replace and mislabel parts of it."""
    text = RICH if draw(st.booleans()) else draw(FORMATS)(HONEST, "\n", URL)
    head = f'<?xml version="1.0" encoding="{draw(CHARSETS)}"?>' if draw(st.booleans()) else ""
    body = (head + text).encode(draw(st.sampled_from(["utf-8", "utf-16", "gb18030"])))
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        before, part, after = body[:start], body[start:end], body[end:]
        pieces = {
            "cut": before,
            "lost": before + after,
            "repeated": before + part * draw(st.integers(2, 4)) + after,
            "nested": before + part + body + after,
            "other": before + draw(st.binary(max_size=6)) + after,
            "reversed": before + part[::-1] + after,
        }
        body = pieces[draw(st.sampled_from(sorted(pieces)))]
    return body


@often
@given(st.binary(max_size=200) | mutilated(), CHARSETS)
def test_nothing_but_not_a_feed_is_raised_when_bytes_are_anything(body: bytes, label: str) -> None:
    given = document(body, f"text/xml; charset={label}")
    with suppress(NotAFeed):
        assert isinstance(parse(given), ParsedFeed)
    with suppress(NotAFeed):
        check(read(given, b"", NOW))


# --- hostile content -----------------------------------------------------------------------------

FORBIDDEN = {
    "applet", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link",
    "math", "meta", "noscript", "object", "script", "select", "style", "svg", "template",
    "textarea", "title", "xml",
}  # fmt: skip
# Wherever a browser reads an address from; what else holds one would only be text.
ADDRESSES = {
    "action", "background", "cite", "data", "formaction", "href", "longdesc", "manifest", "ping",
    "poster", "src", "srcset", "xlink:href",
}  # fmt: skip
WEB = re.compile(r"https?://[^/]", re.I)
LINKED = re.compile(r"(?:https?://|mailto:)", re.I)

JUNK = st.sampled_from(["", "", "", "\t", "\n", "\0", "\x01", "&#9;", "&Tab;", "&NewLine;", "\xad"])


@st.composite
def active_url(draw: st.DrawFn) -> str:
    """Spell an address that acts in a way that browsers may still read."""
    letters = []
    for letter in draw(st.sampled_from(["javascript:", "data:text/html,", "vbscript:"])):
        forms = (
            letter,
            letter.upper(),
            f"&#{ord(letter)};",
            f"&#x{ord(letter):x}",
            f"&#0{ord(letter)};",
        )
        letters.append(draw(st.sampled_from(forms)) + draw(JUNK))
    return (
        draw(st.sampled_from(["", " ", "\x01", "\u200b", "\n\r", "&#1;"]))
        + "".join(letters)
        + "x()"
    )


PIECES = st.sampled_from(
    [
        "<script>", "</script>", "<svg>", "<svg/onload=x>", "<math><mtext>", "<style>", "</style>",
        "<!--", "-->", "<p title='", "'>", '"', "<table>", "<noscript>", "<![CDATA[", "]]>",
        "&lt;script&gt;", "<template>", "\0", "&#xd800;", "<select>", "<textarea>", "</textarea>",
        "<title>", "<b/onclick=x>", "<iframe srcdoc='<script>x</script>'>", "<object data=x>",
        "<img src=x oNeRrOr=y>", "<img src=`x`onerror=y>", "<p style='x:expression(y)'>", "<xmp>",
        "<mglyph><malignmark>", "<desc>", "<foreignObject>", "<plaintext>",
        "<scr\0ipt>", "<scr<script>ipt>", "<a\x0chref='x'\x0bonclick=y>", "<base href='//x'>",
        "<annotation-xml encoding='text/html'>",
    ]
)  # fmt: skip
HOLDERS = st.sampled_from(
    ["<a href={}>", "<a href='{}'>", '<A HREF = "{}">', "<img src='{}'>", "<video poster='{}'>",
     "<source srcset='{}'>", "<q cite='{}'>", "<svg><a xlink:href='{}'>", "<form action='{}'>",
     "<a ping='{}'>", "<td background='{}'>", "<object data='{}'>", "<source src={}>"]
)  # fmt: skip
HELD = st.builds(lambda holder, url: holder.format(url), HOLDERS, active_url())
HTML = st.lists(PIECES | HELD | st.text(max_size=6), max_size=10).map("".join)
LINKS = active_url() | st.text(max_size=20) | st.sampled_from(["//[x", "ftp://x.example/", "/1"])
DATES = st.sampled_from(
    ["", "2026-04-01", "2026-04-01T00:00", "0", "1e9", "9999-12-31T23:59:59-23:59", "31 Feb 2020",
     "2026-04-01T00:00:00+99:99", "1459468800", "Wed, 1 Apr 2026 10:00 XYZ"]
)  # fmt: skip
HOSTILE = st.builds(Story, guid=st.text(max_size=8), link=LINKS, title=HTML, html=HTML, date=DATES)


def content_of(article: ArticleRecord) -> str:
    """The HTML that a page shows of an article."""
    return sanitise(article.raw_content, article.content_base or article.url)


class Seen(HTMLParser):
    """The elements of a piece of HTML as Python's own parser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))


def read_twice(html: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a piece of HTML, as two parsers read it that are not the sanitiser's."""
    xml = html.replace("\f", " ").replace("\v", " ")  # lxml refuses what XML forbids
    tree = lxml.html.fragment_fromstring(xml, create_parent="div")
    found = [(str(e.tag), dict(e.attrib)) for e in tree.iterdescendants("*")]
    return Seen(html).elements + found


def check(reading: Reading) -> None:
    """Assert that nothing in there acts, leads elsewhere than the web, or lacks a zone."""
    assert reading.site_url == "" or WEB.match(reading.site_url)
    for article in reading.records:
        check_html(content_of(article))
        urls = (article.url, article.image_url, article.comments_url)
        for url in (*urls, *(enclosure.url for enclosure in article.enclosures)):
            assert url == "" or WEB.match(url)
        assert article.published_at is None or article.published_at.utcoffset() is not None


def check_html(html: str) -> None:
    for name, attributes in read_twice(html):
        assert name.lower() not in FORBIDDEN
        for attribute, value in attributes.items():
            assert not attribute.lower().startswith("on")
            assert attribute.lower() not in {"style", "srcdoc"}
            assert attribute.lower() not in ADDRESSES or LINKED.match(value)


@often
@given(FORMATS, st.lists(HOSTILE, min_size=1, max_size=2))
def test_nothing_acts_when_a_publisher_is_hostile(write: Writer, stories: list[Story]) -> None:
    body = write(stories, "", stories[0].link).encode()
    check(read(document(body), b"", NOW))


# --- identity ------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["a", "news", "Ωmega", "é", "7", "&"]), min_size=1, max_size=4)
TEXT = WORDS.map(" ".join)
STORIES = st.lists(
    st.builds(
        Story,
        guid=st.just("") | TEXT,
        link=st.just("") | st.integers(1, 4).map("https://news.example/{}".format),
        title=TEXT,
        html=TEXT.map("<p class=x>{}</p>".format),
        date=DATES,
    ),
    min_size=1,
    max_size=5,
)
SPACES = st.sampled_from([" ", "\n", "\n\t\t", "  \n  "])


@often
@given(FORMATS, STORIES, SPACES, DATES, st.randoms(use_true_random=False))
def test_identity_stays_when_order_dates_and_white_space_change(
    write: Writer, stories: list[Story], space: str, date: str, random: Random
) -> None:
    def rewritten(text: str) -> str:
        return f"{space}{text.replace(' ', space)}{space}" if text else ""

    later = [
        Story(rewritten(s.guid), rewritten(s.link), rewritten(s.title), rewritten(s.html), date)
        for s in stories
    ]
    random.shuffle(later)
    assert identities(write(later, space, "")) == identities(write(stories, "", ""))


def identities(text: str) -> set[bytes]:
    return {entry.identity for entry in identify(parse(document(text.encode())), URL, NOW).entries}


@often
@given(FORMATS, STORIES, STORIES, st.integers(0, 5))
def test_reading_has_nothing_that_reads_otherwise_when_what_is_written_as_before_is_left_out(
    write: Writer, before: list[Story], new: list[Story], kept: int
) -> None:
    first = document(write(before, "\n", URL).encode())
    after = document(write([*new, *before[:kept]], "\n", URL).encode())
    had = read(first, b"", NOW)
    found, expected = read(after, had.memory, NOW), read(after, in_pairs(first), NOW)
    assert_same_news(found, expected, had)
