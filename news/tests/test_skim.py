import pytest

from news.skim import HEAD_LENGTH, first_words, summary_of


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a<b>b</b><br>c</p>\n<p>d", "ab c d"),
        ("a <b title='>' class = x>b</b> <I>c</I>", "a b c"),
        ("1 < 2 <b>b</b>", "1 < 2 b"),
        ("a<!-- b --><script>c</script><style>d</style>e", "ae"),
        ("a<template>b</template> <b title='x>y", "a"),
        ("a&nbsp;&amp;lt;b&gt;&#7;", "a &lt;b>"),
        ("if x<y then <o@p.example>", "if x<y then <o@p.example>"),
    ],
)
def test_first_words_are_what_is_shown(html: str, expected: str) -> None:
    assert first_words(html) == expected


def test_first_words_are_found_when_markup_comes_first() -> None:
    for markup in ("<b class='x'></b>", "<!-- x -->", "<script>x</script>"):
        assert first_words(markup * 5000 + "word") == "word"


def test_summary_is_the_own_one_when_there_is_one() -> None:
    assert summary_of("a", "<p>b</p>") == "a"
    assert not summary_of("", "<p>b</p>")


def test_summary_is_read_from_a_head_when_a_tag_is_cut_by_its_end() -> None:
    head = f"<p>a{' ' * HEAD_LENGTH}"[: HEAD_LENGTH - 4] + "<img"
    assert summary_of(None, head) == "a…"
    assert summary_of(None, "1 <img") == "1 <img"


def test_summary_is_the_same_when_it_is_read_from_a_head() -> None:
    for content in ("<p>word</p>" * 1000, "<b class='x'></b>" * 100 + "some words " * 1000):
        assert summary_of(None, content) == summary_of(None, content[:HEAD_LENGTH])
        assert len(summary_of(None, content)) <= 500
