import pytest

from subscriptions.keywords import Document, matches, parse

NEWS = Document.of(
    title="Apple's new iPhone: „Größer“ als je",
    message="The 17-inch model went on sale in New York. 東京オリンピックが、開幕。 ไทยรัฐ C++",
    source=["BBC News", "feeds.bbci.co.uk"],
    topic=["tech", "Technology"],
)


@pytest.mark.parametrize(
    ("query", "is_met"),
    [
        ("apple", True),
        ("APPLE iphone", True),
        ("appl", False),
        ("appl*", True),
        ("pple", False),
        ("grosser", True),
        ("größer", True),
        ("groesser", False),
        ('"new york"', True),
        ('"new iphone"', True),
        ('"york new"', False),
        ("york new", True),
        ('"je the"', False),
        ('"new yo*"', True),
        ('"new yo"', False),
        ("17-inch", True),
        ("17-inches", False),
        ("apple -york", False),
        ("apple -paris", True),
        ("paris OR york", True),
        ("paris OR berlin", False),
        ("apple (paris OR york)", True),
        ("apple -(paris OR york)", False),
        ("apple -(paris york)", True),
        ("title:apple", True),
        ("title:york", False),
        ("apple -title:york", True),
        ("source:bbc", True),
        ("source:bbci.co.uk", True),
        ("source:cnn", False),
        ("bbc", False),
        ("topic:tech", True),
        ("topic:techno*", True),
        ("technology", False),
        ("オリンピック", True),
        ("京オ", True),
        ("オリンピックが開幕", False),
        ('"オリンピックが、開幕"', True),
        ("開幕ไทย", False),
        ("รัฐ", True),
        ("C++", True),
        ("C", False),
    ],
)
def test_query_matches_exactly_what_it_says(query: str, is_met: bool) -> None:
    assert matches(parse(query).program, NEWS) == is_met
