import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.discovery import MAX_FEEDS, canonical_url, find_feeds

PAGE = "https://example.org/blog/post"


def found(head: str, content_type: str = "text/html", url: str = PAGE) -> list[str]:
    page = f"<!doctype html><html><head>{head}</head><body><p>Hi</body></html>"
    return list(find_feeds(page.encode(), content_type, url))


@pytest.mark.parametrize(
    "kind",
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
     "APPLICATION/RSS+XML; charset=utf-8", "text/xml"],
)  # fmt: skip
def test_find_feeds_finds_the_link_when_its_type_is_a_feed(kind: str) -> None:
    head = f'<link rel="alternate" type="{kind}" href="/feed.xml">'
    assert found(head) == ["https://example.org/feed.xml"]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" type="text/css" href="/a.css">',
        '<link rel="alternate" hreflang="de" href="/de/">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed">',
        '<link rel="alternate" type="application/json" href="/wp-json/posts/1">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href=" ">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<link rel="alternate" type="application/rss+xml" href="http://[::1">',
        '<link type="application/rss+xml" href="/feed">',
    ],
)
def test_find_feeds_finds_nothing_when_link_is_no_feed(link: str) -> None:
    assert found(link) == []


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("feed.xml", "https://example.org/blog/feed.xml"),
        ("../feed.xml", "https://example.org/feed.xml"),
        ("?feed=rss2&amp;x=1", "https://example.org/blog/post?feed=rss2&x=1"),
        ("//feeds.example.net/x", "https://feeds.example.net/x"),
        ("feed://feeds.example.net/x", "http://feeds.example.net/x"),
        (" HTTPS://Feeds.Example.NET/x#top ", "https://feeds.example.net/x"),
    ],
)
def test_find_feeds_resolves_the_link_when_it_is_relative(href: str, url: str) -> None:
    assert found(f'<link rel="alternate" type="application/rss+xml" href="{href}">') == [url]


def test_find_feeds_resolves_against_base_when_page_has_one() -> None:
    head = '<base href="/deep/down/"><link rel="Alternate" type="application/rss+xml" href="f">'
    assert found(head) == ["https://example.org/deep/down/f"]


def test_find_feeds_puts_articles_first_when_comments_have_a_feed_too() -> None:
    head = """
        <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
        <link rel="alternate" type="application/atom+xml" title="Post Comments" href="/c">
        <link rel="alternate" type="text/xml" href="/plain.xml">
        <link rel="alternate" type="application/rss+xml" href="/feed/">
        <link rel="alternate" type="application/rss+xml" href="/feed/#again">
    """
    assert [url.removeprefix("https://example.org") for url in found(head)] == [
        "/feed/",
        "/plain.xml",
        "/comments/feed/",
        "/c",
    ]


def test_find_feeds_falls_back_to_anchors_when_no_link_is_there() -> None:
    body = b"""<a href="/about">About</a> <a href="/feedback">Write</a>
        <a href="/index">Start</a> <a href="/blog/rss.xml?x=1">RSS</a> <a href="news.atom">A</a>"""
    assert find_feeds(body, "", PAGE) == (
        "https://example.org/blog/rss.xml?x=1",
        "https://example.org/blog/news.atom",
    )


def test_find_feeds_leaves_the_page_itself_out_when_it_links_to_itself() -> None:
    assert found(f'<link rel="alternate" type="application/rss+xml" href="{PAGE}#x">') == []


def test_find_feeds_stops_at_a_handful_when_page_names_thousands() -> None:
    links = [f'<link rel="alternate" type="text/xml" href="/{i}">' for i in range(5000)]
    assert len(found("".join(links))) == MAX_FEEDS


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "no-such", "", "rot13", '"utf-8'])
def test_find_feeds_reads_the_page_when_its_charset_is_odd(charset: str) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="/f">'
    assert found(head, f"text/html; charset={charset}") == ["https://example.org/f"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"\x00" * 100,
        b"<!-- only -->",
        b"<" * 100_000,
        b"<div>" * 100_000,
        b"<link rel=alternate type=application/rss+xml href=" + b"x" * 100_000,
        b"\xff\xfe<\x00l\x00",
        b"%PDF-1.4 \x93\x8c",
    ],
)
def test_find_feeds_survives_when_page_is_garbage(body: bytes) -> None:
    assert isinstance(find_feeds(body, "text/html", PAGE), tuple)


@given(st.binary(max_size=300), st.text(max_size=30), st.text(max_size=30))
def test_find_feeds_raises_nothing_when_all_is_random(body: bytes, kind: str, url: str) -> None:
    find_feeds(b'<base href="' + body + b'"><a href="' + body + b'/feed">', kind, url)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("feed:https://Example.org/f", "https://example.org/f"),
        ("feed://Example.org/f", "http://example.org/f"),
        ("FEED:example.org/f", "http://example.org/f"),
        ("\thttps://example.org:443/a/../f?b=1&a=2#x ", "https://example.org/f?b=1&a=2"),
        ("https://me:pw@example.org", "https://me:pw@example.org/"),
    ],
)
def test_canonical_url_is_one_spelling_when_url_is_of_the_web(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize("url", ["", "feed:", "mailto:me@example.org", "feed:ftp://x/", "/feed"])
def test_canonical_url_raises_a_sentence_when_url_is_not_of_the_web(url: str) -> None:
    with pytest.raises(ValueError, match=r"(https://|host name)"):
        canonical_url(url)
