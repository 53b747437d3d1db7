import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.identity import identify
from news.crawl.normalise import normalise
from news.crawl.records import ArticleRecord, Enclosure, ParsedFeed, RawEntry
from news.html import sanitise
from news.text import cut, to_text

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"


def cleaned(raw: RawEntry) -> ArticleRecord:
    raw = raw if raw.guid else raw._replace(guid="g")
    [entry] = identify(ParsedFeed(entries=(raw,)), URL, NOW).entries
    return normalise(entry)


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


def test_summary_is_whole_when_markup_is_long() -> None:
    link = f"<a href='https://news.example/{'x' * 3000}'>word</a> "
    for raw in (RawEntry(content=link * 150), RawEntry(summary=link * 150, content="c")):
        assert cleaned(raw).summary == "word " * 99 + "word…"


def test_summary_has_no_half_of_anything_when_the_head_ends_inside_it() -> None:
    for length in range(700, 760):
        html = f"<p>{'x ' * (length // 2)}&amp;<b title='&lt;i&gt;'>y</b></p>"
        assert re.fullmatch(r"(?:x )+x…", cleaned(RawEntry(content=html)).summary)


def test_summary_comes_from_the_content_when_absent() -> None:
    assert cleaned(RawEntry(content="<h1>a</h1><p>b</p>c")).summary == "a b c"


def test_content_comes_from_the_summary_when_absent() -> None:
    assert cleaned(RawEntry(summary="<p>b</p>")).raw_content == "<p>b</p>"


def test_content_stays_as_published_but_for_control_characters() -> None:
    html = "<p onclick='x()'>a\x00<script>\x93b\u202e</script>"
    assert cleaned(RawEntry(content=html)).raw_content == html.replace("\x00", "").replace(
        "\x93", "“"
    )


def test_content_is_cut_when_endless() -> None:
    assert len(cleaned(RawEntry(content="x" * 600_000)).raw_content) == 500_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (RawEntry(link="/a/1"), ""),
        (RawEntry(link="/a/1", base="/b/"), "https://news.example/b/"),
        (RawEntry(title="t"), "https://news.example/feed.xml"),
    ],
)
def test_content_has_a_base_of_its_own_where_it_is_not_the_address(
    raw: RawEntry, expected: str
) -> None:
    assert cleaned(raw).content_base == expected


def test_image_is_the_named_one_when_there_is_one() -> None:
    raw = RawEntry(image_url="/i.png", content="<img src='/c.png'>")
    assert cleaned(raw).image_url == "https://news.example/i.png"


def test_image_is_the_first_in_the_content_when_none_is_named() -> None:
    raw = RawEntry(content="<img src='data:x'><img alt='a' src='/c.png?a&amp;b'>")
    assert cleaned(raw).image_url == "https://news.example/c.png?a&b"


def test_categories_are_plain_and_single_when_kept() -> None:
    raw = RawEntry(categories=("<b>A</b> &amp; B", " c\n d ", "C D", "<script>x</script>", "e"))
    assert cleaned(raw).categories == ("A & B", "c d", "e")


def test_categories_are_few_and_short_when_there_are_many() -> None:
    categories = cleaned(RawEntry(categories=("", "x" * 300, *map(str, range(50))))).categories
    assert (len(categories), len(categories[0])) == (20, 100)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("/a/1#talk", "https://news.example/a/1#talk"), ("javascript:x", ""), ("", "")],
)
def test_comments_url_is_absolute_when_kept(url: str, expected: str) -> None:
    assert cleaned(RawEntry(link="/a/1", comments_url=url)).comments_url == expected


def test_enclosures_are_absolute_when_kept() -> None:
    raw = RawEntry(enclosures=(Enclosure("/a.mp3", "audio/mpeg", 5), Enclosure("file:///x")))
    assert cleaned(raw).enclosures == (Enclosure("https://news.example/a.mp3", "audio/mpeg", 5),)


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b class=x>",
        "</b>",
        "<br/>",
        "<img alt='>' src=/i.png>",
        "<a title='<b>' href=\"x\">",
        "</a>",
        "<!-- c -->",
        "<script>s</script>",
        "<noscript>n</noscript>",
        "x<y",
        "word ",
        "&amp;lt;",
        "<template><img src=/t.png>t</template>",
        "<img src=data:x>",
    ]
)
HTML = st.lists(PIECES | st.text(max_size=6), max_size=15).map("".join)


@given(HTML)
def test_lists_show_what_the_content_shows(html: str) -> None:
    article = cleaned(RawEntry(link="/a/1", content=html))
    shown = sanitise(article.raw_content, article.url)
    assert article.summary.split() == cut(to_text(shown), 500).split()
    image = re.search(r'<img [^>]*?src="([^"]*)"', shown)
    assert article.image_url == (image[1] if image else "")


@given(HTML, HTML, st.text(max_size=40), st.text(max_size=30))
def test_article_is_bounded_when_the_entry_is_hostile(
    html: str, title: str, url: str, date: str
) -> None:
    raw = RawEntry(link=url, title=title, content=html, image_url=url, published=date, author=html)
    article = cleaned(raw)
    for address in (article.url, article.image_url):
        assert address == "" or re.match(r"https?://", address)
    assert article.title
    assert len(article.title) <= 500
    assert len(article.summary) <= 500
    assert article.published_at is None or article.published_at.tzinfo
    for text in (article.title, article.summary, article.raw_content, article.author, article.url):
        text.encode()


def test_content_is_sanitised_at_once_when_it_is_long() -> None:
    attributes = " ".join(f"a{n}" for n in range(4000))
    article = cleaned(RawEntry(link="https://news.example/1", content=f"<p {attributes}>Words"))
    assert article.raw_content == "<p>Words</p>"
