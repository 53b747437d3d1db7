import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.urls import LONGEST_URL, absolute_url, comparable_url

PIECES = st.sampled_from(
    ["www.", "a.example", "/b", "/", "//", "?", "x=1", "&utm_source=y", "#z", ":8080", ":443", ";p",
     "%7e", "%", "@", "é", " ", "[", "\\", "..", "/./", "UTM_id=2", "fbclid=3"]
)  # fmt: skip
URLS = st.builds("{}://a.example{}".format, st.sampled_from(["http", "https"]),
                 st.lists(PIECES, max_size=6).map("".join))  # fmt: skip


@given(URLS)
def test_absolute_url_is_the_same_when_it_is_read_the_long_way(url: str) -> None:
    assert absolute_url(url) == absolute_url(f"\n{url}", "https://base.example/c/d")


@given(st.lists(PIECES, max_size=6).map("".join), URLS)
def test_absolute_url_is_the_same_when_a_path_is_resolved_the_long_way(
    path: str, base: str
) -> None:
    assert absolute_url(f"/{path}", base) == absolute_url(f"\n/{path}", base)


@given(URLS)
def test_absolute_url_stays_as_it_is_when_it_is_one(url: str) -> None:
    once = absolute_url(url)
    assert absolute_url(once, "https://base.example/") == once


@given(URLS)
def test_comparable_url_is_the_same_when_the_scheme_is_written_in_capitals(url: str) -> None:
    url = absolute_url(url)
    assert comparable_url(url) == comparable_url(url.replace("http", "HTTP", 1))


@pytest.mark.parametrize(
    "url", ["https://a.example/" + "x" * LONGEST_URL, "https://", "https:///x"]
)
def test_absolute_url_is_empty_when_it_leads_nowhere(url: str) -> None:
    assert absolute_url(url) == ""
