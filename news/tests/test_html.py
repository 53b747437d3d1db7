"""What is shown of hostile, relative and broken HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.html import sanitise

BASE = "https://news.example/a/1"


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
        ("<NoScript><b>j</b></NOSCRIPT>", "<b>j</b>"),
        ("<img alt='k'>l<img src='MAILTO:m'>", "l"),
        ("if m<n then <o@p.example>", "if m&lt;n then &lt;o@p.example&gt;"),
    ],
)
def test_content_is_harmless_when_the_feed_is_not(html: str, expected: str) -> None:
    assert sanitise(html, BASE) == expected


def test_content_has_absolute_links_when_they_were_relative() -> None:
    html = sanitise(
        "<a href='../b?x=1&y'>b</a><img srcset='/c 2x' src='//cdn.example/c.png' alt='>'>",
        BASE,
    )
    assert 'href="https://news.example/b?x=1&amp;y"' in html
    assert 'src="https://cdn.example/c.png"' in html
    assert 'loading="lazy"' in html
    assert "srcset" not in html


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("b", "https://news.example/a/b"),
        ("../b", "https://news.example/b"),
        ("/b", "https://news.example/b"),
        ("//cdn.example/b", "https://cdn.example/b"),
        ("?b", "https://news.example/a/1?b"),
        ("#b", "https://news.example/a/1#b"),
        ("http://b.example/", "http://b.example/"),
        ("&#47;b", "https://news.example/b"),
    ],
)
@pytest.mark.parametrize("form", ["<a href={}>", "<a HREF = '{}'>", "<img src=\n{}>"])
def test_content_leads_where_the_page_would_when_links_are_relative(
    form: str, link: str, expected: str
) -> None:
    assert f'="{expected}"' in sanitise(form.format(link), BASE)


def test_content_is_text_when_nested_without_end() -> None:
    assert sanitise("<i></b>" * 3000 + "deep", BASE) == "deep"


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
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]

    def handle_data(self, data: str) -> None:
        self.text += data


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
        "<audio preload src=x controls>",
        '<img title="<img>" src=/x>',
        "<a href='vbscript:x'>",
    ]
)
HTML = st.lists(PIECES | st.text(max_size=6), max_size=15).map("".join)


@given(HTML)
def test_content_never_acts_when_it_is_hostile(html: str) -> None:
    shown = Reader(sanitise(html, BASE))
    assert not shown.tags & ACTIVE
    assert not [name for name in shown.names if name.startswith("on") or name == "style"]
    assert all(re.match(r"(?:https?://|mailto:)", address, re.I) for address in shown.addresses)


@given(HTML, st.sampled_from([BASE, "http://other.example/", ""]))
def test_content_reads_the_same_when_sanitised_again(html: str, base: str) -> None:
    once = sanitise(html, BASE)
    twice = sanitise(once, base)
    first, second = Reader(once), Reader(twice)
    # Tags that HTML itself cannot write, as a button's paragraph, move as they do in browsers.
    assert (second.text.split(), set(second.addresses)) == (
        first.text.split(),
        set(first.addresses),
    )
    assert sanitise(twice, base) == twice


@pytest.mark.parametrize(
    "html",
    [
        "<p>a <a href='/b'>b</a><br>&lt;c&gt; &amp;amp;</p><ul><li>d</ul>",
        "<img src=x loading=eager><video poster=/x src=y controls></video>",
        "<audio preload src=x controls></audio><img alt='<img>' src=x referrerpolicy=origin>",
        "<pre> a\n  b</pre><table><tr><td>c</table>",
    ],
)
def test_content_stays_as_it_is_when_sanitised_again(html: str) -> None:
    once = sanitise(html, BASE)
    assert [sanitise(once, base) for base in (BASE, "https://other.example/", "")] == [once] * 3
