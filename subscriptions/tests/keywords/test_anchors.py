import pytest

from subscriptions.keywords import Document, parse
from subscriptions.keywords.anchors import chosen, key, keys_of, rarity


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("apple", {"apple": ""}),
        ("the economy", {"economy": "the"}),
        ('"the world economy"', {"the world": "world economy"}),
        ("economy -apple", {"economy": "-apple"}),
        ("economy -app*", {"economy": ""}),
        ('economy -"the green apple"', {"economy": ""}),
        ("economy the -apple", {"economy": "the"}),
        ("(economy -apple) OR pear", {"economy": "-apple", "pear": ""}),
        ("apple OR economy", {"apple": "", "economy": ""}),
        ("(the apple) OR (the economy)", {"apple": "the", "economy": "the"}),
        ("(apple x) OR (apple y) OR (apple z)", {"apple": ""}),
        ("(apple OR pear) economy", {"economy": ""}),
        ("(economy OR industry) the", {"economy": "the", "industry": "the"}),
        ("topic:tech economy", {"economy": "topic:tech"}),
        ("source:bbc", {"source:bbc": ""}),
        ("source:bb*", {"source:bb*": ""}),
        ("econo*", {"econ*": ""}),
        ("economi*", {"econom*": ""}),
        ("economically*", {"economic*": ""}),
        ("東京オリンピック", {"オ リ": "ッ ク"}),
    ],
)
def test_query_stands_under_what_is_rare_and_always_there(
    query: str, expected: dict[str, str]
) -> None:
    assert chosen(parse(query), rarity) == expected


@pytest.mark.parametrize(
    "gram",
    ["apple", "apple pie", "appl*", "ap*", "東", "東 京", "good", "source:bbc", "topic:te*"],
)
def test_document_contains_each_of_its_grams(gram: str) -> None:
    news = Document.of(
        title="Apple pie", message="Good. 東京", source=["BBC News"], topic=["tech", "Technology"]
    )
    assert key(gram) in keys_of(news)


def test_document_contains_no_gram_across_title_and_message() -> None:
    news = Document.of(title="Apple", message="pie")
    assert key("apple pie") not in keys_of(news)
