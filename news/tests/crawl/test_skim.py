import pytest

from news.crawl.skim import first_image, first_words

BASE = "https://news.example/a/1"


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
    assert first_words(html, 500) == expected


def test_first_words_are_found_when_markup_comes_first() -> None:
    for markup in ("<b class='x'></b>", "<!-- x -->", "<script>x</script>"):
        assert first_words(markup * 5000 + "word", 500) == "word"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a</p>", ""),
        ("<IMG ALT=x SRC=i.png>", "https://news.example/a/i.png"),
        (
            "<img alt=' src=x ' data-src=y src='/i?a&amp;copy=b&copy=c'>",
            "https://news.example/i?a&copy=b&copy=c",
        ),
        ("<img alt='>'src=/i>", "https://news.example/i"),
        ("<!-- <img src=/1> --><img src=/2>", "https://news.example/2"),
        ("<noscript><img src=/1></noscript><img src=/2>", "https://news.example/1"),
        ("<template><img src=/1></template><img src=/2>", "https://news.example/2"),
        (
            "<img src='data:image/gif;base64,R0'><img data-src=/1><img src=/2>",
            "https://news.example/2",
        ),
        ("<img src=javascript:x>", ""),
        ("a <img src='/1", ""),
    ],
)
def test_first_image_is_the_first_that_is_shown(html: str, expected: str) -> None:
    assert first_image(html, BASE) == expected
