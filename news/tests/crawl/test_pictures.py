import pytest

from news.crawl.pictures import first_image

BASE = "https://news.example/a/1"


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
