import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.keywords import QueryError, explained, parse


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("apple", "apple"),
        ("  Äpple   PIE ", "apple pie"),
        ("pie AND apple", "apple pie"),
        ("pie apple pie", "apple pie"),
        ('"New York" times', '"new york" times'),
        ("“New York” „Times“ «Paris»", '"new york" paris times'),
        ("e-mail", '"e mail"'),
        ("a OR b OR (c OR a)", "(a OR b OR c)"),
        ("a|b", "(a OR b)"),
        ("a or b", "a b or"),
        ("a b OR c", "(a b OR c)"),
        ("(a OR b) c", "(a OR b) c"),
        ("a -b NOT c", "a -b -c"),
        ("a -(b c)", "a -(b c)"),
        ("a --b", "a b"),
        ("a -(b OR c)", "a -(b OR c)"),
        ("title:apple", "title:apple"),
        ("Title:(apple OR pie)", "(title:apple OR title:pie)"),
        ('source:bbc.co.uk topic:"world news"', 'source:"bbc co uk" topic:"world news"'),
        ("econ*", "econ*"),
        ('"big bl*"', '"big bl*"'),
        ('"big bl"*', '"big bl*"'),
        ("title:-x", None),
        ("東京オリンピック", "東京オリンピック"),
        ("東京*", "東京"),
        ("（東京 OR 大阪） －雨", "(大阪 OR 東京) -雨"),
        ("C++ -C#", "c++ -c#"),
        ("10:30 https://example.org/a", '"10 30" "https example org a"'),
        ("-a b", "b -a"),
        ("OR OREGON", None),
        ("OREGON ANDROID NOTHING", "android nothing oregon"),
    ],
)
def test_query_has_one_canonical_form(text: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(QueryError):
            parse(text)
        return
    assert parse(text).canonical == parse(canonical).canonical == canonical


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 0, "Write at least one word."),
        ("   ", 0, "Write at least one word."),
        ("apple (pie", 6, "This bracket is not closed: add a `)`."),
        ("apple) pie", 5, "This bracket closes nothing: remove it."),
        ('apple "pie', 6, 'This quotation is not closed: add a `"`.'),
        ("apple OR", 6, "A word is missing after `OR`."),
        ("OR apple", 0, "A word is missing before `OR`."),
        ("apple ()", 7, "A word is missing before `)`."),
        ("apple NOT", 6, "A word is missing after `NOT`."),
        ("apple title:", 6, "A word is missing after `title:`."),
        ("apple & pie", 6, "`&` has no letter or digit to look for."),
        ('apple ""', 6, '`""` has no letter or digit to look for.'),
        ("apple - pie", 6, "`-` has no letter or digit to look for."),
        ("apple author:bob", 6, "There is no `author:`, only title:, source: and topic:."),
        ("apple p*e", 7, "A `*` stands at the end of a word only: `econom*`."),
        ("apple *", 6, "A `*` stands at the end of a word only: `econom*`."),
        ("apple p*", 6, "Write 2 characters or more before a `*`."),
        ("-apple", 0, "This would match nearly everything"),
        ("apple OR -pie", 0, "This would match nearly everything"),
        ("-(-apple -pie)", 0, "This would match nearly everything"),
        ("a" * 501, 500, "A query has 500 characters at most, this has 501."),
        (" ".join(f"w{n}" for n in range(41)), 150, "A query has 40 words and phrases at most."),
        ("(" * 12 + "a" + ")" * 12, 11, "Brackets may stand 10 deep: write it more simply."),
    ],
)
def test_query_is_refused_with_what_is_wrong_and_where(text: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.message.startswith(said)
    assert caught.value.position == position


WRITTEN = st.lists(
    st.sampled_from(
        ["a", "OR", "-", "(", ")", '"', "title:", "topic:", "*", " ", "東", "é", "NOT ", "|", ":"]
    )
).map("".join)


@given(WRITTEN | st.text())
def test_any_text_is_a_query_or_is_refused_at_a_place_in_it(text: str) -> None:
    with contextlib.suppress(QueryError):
        node = parse(text)
        assert parse(node.canonical).canonical == node.canonical
        assert explained(node)
        return
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert 0 <= caught.value.position <= len(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apple", "the word “apple”"),
        (
            'apple -"apple pie"',
            "the word “apple”, and not the phrase “apple pie”",
        ),
        (
            "(title:econ* OR source:bbc) rates",
            "(either a word that begins with “econ” in the title or the word “bbc” in the "
            "source's name or address), and the word “rates”",
        ),
        ('"big bl*" topic:tech', "a phrase that begins with “big bl”, and the word “tech” in the "
         "topic's name"),
    ],
)  # fmt: skip
def test_query_is_explained_in_words(text: str, said: str) -> None:
    assert explained(parse(text)) == said
