import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.identity import identify
from news.crawl.normalise import normalise
from news.crawl.records import ArticleRecord, Enclosure, ParsedFeed, RawEntry

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"


def cleaned(raw: RawEntry) -> ArticleRecord:
    raw = raw if raw.guid else replace(raw, guid="g")
    [entry] = identify(ParsedFeed(entries=(raw,)), URL, NOW).entries
    return normalise(entry)


def content(html: str, link: str = "https://news.example/a/1") -> str:
    return cleaned(RawEntry(link=link, content=html)).content


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p onclick='x()'>a<script>b</script></p>", "<p>a</p>"),
        ("<style>p{}</style><iframe src='//x'>c</iframe>d", "d"),
        ("<form action='/x'><input name=q>e</form>", "e"),
        ("<a href='javascript:alert(1)'>f</a>", '<a rel="noopener noreferrer nofollow">f</a>'),
        ("<a href='java\nscript:alert(1)'>f</a>", '<a rel="noopener noreferrer nofollow">f</a>'),
        ("<img src='data:image/png;base64,x'>g", "g"),
        ("<img src='mailto:a@b.example'>h", "h"),
        ("<b>i", "<b>i</b>"),
        ("<noscript><b>j</b></noscript>", "<b>j</b>"),
    ],
)
def test_content_is_harmless_when_the_feed_is_not(html: str, expected: str) -> None:
    assert content(html) == expected


def test_content_has_absolute_links_when_they_were_relative() -> None:
    html = content(
        "<a href='../b?x=1&y'>b</a><img srcset='/c 2x' src='//cdn.example/c.png' alt='>'>"
    )
    assert 'href="https://news.example/b?x=1&amp;y"' in html
    assert 'src="https://cdn.example/c.png"' in html
    assert 'loading="lazy"' in html
    assert "srcset" not in html


def test_content_is_text_when_nested_without_end() -> None:
    assert content("<i></b>" * 3000 + "deep") == "deep"


def test_title_is_one_plain_line_when_it_was_markup() -> None:
    title = "\u202e<b>A</b>  &amp; B&nbsp;C\n<script>x</script>&lt;3 \x07"
    assert cleaned(RawEntry(title=title)).title == "A & B C <3"


def test_title_keeps_what_is_no_tag_when_it_looks_like_one() -> None:
    assert cleaned(RawEntry(title="if x<y then AT&T")).title == "if x<y then AT&T"


def test_title_is_literal_when_it_was_text() -> None:
    assert cleaned(RawEntry(title="the <b> tag &amp;", title_is_html=False)).title == (
        "the <b> tag &amp;"
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (RawEntry(content="<p>" + "word " * 40 + "</p>"), "word " * 15 + "word…"),
        (RawEntry(link="/x"), "https://news.example/x"),
        (RawEntry(guid="g"), "Untitled"),
    ],
)
def test_title_is_made_up_when_there_is_none(raw: RawEntry, expected: str) -> None:
    assert cleaned(raw).title == expected


def test_summary_is_cut_at_a_word_when_long() -> None:
    summary = cleaned(RawEntry(summary="<p>" + "sentence " * 100 + "</p>")).summary
    assert len(summary) <= 500
    assert summary.endswith("sentence…")


def test_summary_is_cut_anywhere_when_there_are_no_words() -> None:
    assert len(cleaned(RawEntry(summary="新" * 900)).summary) == 500


def test_summary_comes_from_the_content_when_absent() -> None:
    assert cleaned(RawEntry(content="<h1>a</h1><p>b</p>c")).summary == "a b c"


def test_content_comes_from_the_summary_when_absent() -> None:
    assert cleaned(RawEntry(summary="<p>b</p>")).content == "<p>b</p>"


def test_image_is_the_named_one_when_there_is_one() -> None:
    raw = RawEntry(image_url="/i.png", content="<img src='/c.png'>")
    assert cleaned(raw).image_url == "https://news.example/i.png"


def test_image_is_the_first_in_the_content_when_none_is_named() -> None:
    raw = RawEntry(content="<img src='data:x'><img alt='a' src='/c.png?a&amp;b'>")
    assert cleaned(raw).image_url == "https://news.example/c.png?a&b"


def test_enclosures_are_absolute_when_kept() -> None:
    raw = RawEntry(enclosures=(Enclosure("/a.mp3", "audio/mpeg", 5), Enclosure("file:///x")))
    assert cleaned(raw).enclosures == (Enclosure("https://news.example/a.mp3", "audio/mpeg", 5),)


ACTIVE = {"script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "link",
          "meta", "base", "template", "noscript", "textarea", "select", "title"}  # fmt: skip
ADDRESSES = {"href", "src", "poster", "cite"}


class Reader(HTMLParser):
    """Collects what a browser would see of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]


PIECES = st.sampled_from(
    [
        "<script>",
        "</script>",
        "<a href='javascript:x'>",
        '<a href=" jAvAscript:x">',
        "<svg>",
        "<img src=x onerror=y>",
        "<math><mtext>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "<p title='",
        "'>",
        '"',
        "<table>",
        "<noscript>",
        "<![CDATA[",
        "]]>",
        "&lt;script&gt;",
        "<template>",
        "<a href='&#106;avascript:x'>",
        "<video poster='javascript:x' src='data:x'>",
        "\x00",
        "\ud800",
        "<select>",
        "<title>",
        "<textarea>",
        "<b/onclick=x>",
        "<a href='vbscript:x'>",
    ]
)
HTML = st.lists(PIECES | st.text(max_size=6), max_size=15).map("".join)


@given(HTML, HTML, st.text(max_size=40), st.text(max_size=30))
def test_article_never_acts_when_the_entry_is_hostile(
    html: str, title: str, url: str, date: str
) -> None:
    raw = RawEntry(link=url, title=title, content=html, image_url=url, published=date, author=html)
    article = cleaned(raw)
    shown = Reader(article.content)
    assert not shown.tags & ACTIVE
    assert not [name for name in shown.names if name.startswith("on") or name == "style"]
    for address in (*shown.addresses, article.url, article.image_url):
        assert address == "" or re.match(r"(?:https?://|mailto:)", address, re.I)
    assert article.title
    assert len(article.title) <= 500
    assert len(article.summary) <= 500
    assert article.published_at is None or article.published_at.tzinfo
    for text in (article.title, article.summary, article.content, article.author, article.url):
        text.encode()
