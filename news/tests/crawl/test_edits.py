from functools import partial

from news.crawl.edits import content_key

key = partial(content_key, "T", url="https://news.example/1")


def test_content_key_differs_when_words_do() -> None:
    assert key("<p>a  b</p>") == key("<p class=x>a\nb</p><img src='/pixel?123'>")
    assert key("<p>a b</p>") != key("<p>a c</p>")
    assert key("under <5 degrees") != key("under <6 degrees")
    assert key("a", "b") != key("a", "c")


def test_content_key_differs_when_titles_or_pages_do() -> None:
    one = content_key("x<y", "a", url="https://news.example/1?utm_source=feed")
    assert one == content_key("x<y", "a", url="https://www.news.example/1")
    assert one != content_key("x<z", "a", url="https://news.example/1")
    assert one != content_key("x<y", "a", url="https://news.example/2")
