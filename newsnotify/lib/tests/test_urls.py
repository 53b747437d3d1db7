import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsnotify.lib import urls


@pytest.mark.parametrize(
    ("given_url", "cleaned"),
    [
        ("HTTPS://Example.ORG", "https://example.org/"),
        (" https://example.org/a\n", "https://example.org/a"),
        ("http://example.org:80/", "http://example.org/"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org:80/", "https://example.org:80/"),
        ("https://example.org./feed", "https://example.org/feed"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/../..", "https://example.org/"),
        ("https://example.org/a/..", "https://example.org/"),
        ("https://example.org/a//b/", "https://example.org/a//b/"),
        ("https://example.org/f#top", "https://example.org/f"),
        ("https://example.org?a=b", "https://example.org/?a=b"),
        ("https://example.org/?q=a%2Cb+c&sig=%7e", "https://example.org/?q=a%2Cb+c&sig=%7e"),
        ("https://example.org/é x?ü", "https://example.org/%C3%A9%20x?%C3%BC"),
        ("https://example.org/\udce9", "https://example.org/%E9"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://me:p%40ss@example.org/", "https://me:p%40ss@example.org/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("http://[2606:4700:0:0::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://[::ffff:1.1.1.1]/", "http://1.1.1.1/"),
        ("http://under_score.example/", "http://under_score.example/"),
    ],
)
def test_clean_gives_one_spelling_when_url_is_usable(given_url: str, cleaned: str) -> None:
    assert urls.clean(given_url) == cleaned
    assert urls.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "example.org/feed",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///feed",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://[::1",
        "http://a..b/",
        "http://a b/",
        "http://%31%32%37.0.0.1/",
        "http://1.2.3.4.5/",
        "http://\ud800/",
        "http://example.org/\ud800",
        f"http://{'x' * 64}.example/",
        f"http://ü{'x' * 70}.example/",
    ],
)
def test_clean_raises_a_sentence_when_url_is_unusable(odd: str) -> None:
    with pytest.raises(ValueError, match=r"(is not|cannot be read)"):
        urls.clean(odd)


def test_redact_drops_secrets_when_url_has_user_info_and_query() -> None:
    assert urls.redact("https://me:pw@example.org/feed?token=1#x") == "https://example.org/feed"
    assert urls.redact("no url") == "(an unreadable URL)"


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://x/", "http://[", "//"]))
def test_clean_is_stable_or_raises_value_error_when_text_is_anything(rest: str, head: str) -> None:
    try:
        cleaned = urls.clean(head + rest)
    except ValueError:
        return
    assert urls.clean(cleaned) == cleaned


_HOSTS = ["a", "a-b.example", "1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3", "x.0x1", "xn--a", "a..b"]
_PORTS = ["", ":", ":80", ":443", ":8080", ":08080", ":59999", ":60000", ":99999"]
_PIECES = [
    "/",
    ".",
    "..",
    "a",
    "Z",
    "%2C",
    "%",
    "?",
    "#",
    "[",
    "{",
    "\\",
    "@",
    " ",
    "\n",
    "é",
    "\x7f",
]


@given(
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    st.sampled_from(_HOSTS),
    st.sampled_from(_PORTS),
    st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
)
def test_clean_says_the_same_when_a_glance_is_enough(
    scheme: str, host: str, port: str, rest: str
) -> None:
    url = f"{scheme}://{host}{port}/{rest}"
    if urls._CLEAN.fullmatch(url):
        assert urls._cleaned(url) == url


def test_clean_needs_but_a_glance_when_url_is_a_usual_one() -> None:
    for url in ("https://example.org/feed.xml?a=%2C", "http://127.0.0.1:34567/", "https://a.b/c/"):
        assert urls._CLEAN.fullmatch(url)
