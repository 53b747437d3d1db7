import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.keywords import words as module
from subscriptions.keywords.words import runs, shown, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  … — !", ""),
        ("Apple's iPhone-17, now!", "apple s iphone 17 now"),
        ("L'Éurope de l’Est", "l europe de l est"),
        ("e\u0301te\u0301", "ete"),
        ("Straße STRASSE", "strasse strasse"),
        ("İstanbul ISTANBUL \u0131stanbul", "istanbul istanbul istanbul"),
        ("Łódź Søren Æther œuvre", "lodz soren aether oeuvre"),
        ("Мой ёлка Йод", "мой елка йод"),
        ("ΟΔΥΣΣΕΥΣ Ὀδυσσεύς", "οδυσσευσ οδυσσευσ"),
        ("Ｆｕｌｌ ｗｉｄｔｈ １２", "full width 12"),
        ("ﬁne ½", "fine 1 2"),
        ("snake_case", "snake case"),
        ("C++, C# und C", "c++ c# und c"),
        ("issue#12 a+b google+ C+++", "issue 12 a b google c"),
        ("אָלֶף", "אלף"),
        ("مُحَمَّد أحمد", "محمد احمد"),
        ("मेरा हिन्दी", "मेरा हिन्दी"),
        ("삼성전자가 한국", "삼성전자가 한국"),
        ("zero\u200bwidth so\xadft", "zerowidth soft"),
        ("iPhone発売、東京 大阪", "iphone 発 売  東 京  大 阪"),
        ("ガラス がか", "ガ ラ ス  が か"),
        ("ｶﾞﾗｽ", "ガ ラ ス"),
        ("กรุงเทพ", "ก ร ุ ง เ ท พ"),
        ("2026年に", "2026 年 に"),
    ],
)
def test_words_have_one_form_however_they_are_written(text: str, expected: str) -> None:
    assert words(text) == expected


@given(st.text())
def test_words_are_in_form_and_stay_so_when_shown_and_read_again(text: str) -> None:
    line = words(text)
    assert words(shown(line)) == line
    assert all(word and " " not in word for run in runs(line) for word in run)
    assert "*" not in line
    assert ":" not in line
    assert "." not in line


@given(st.text(), st.text())
def test_words_of_two_texts_are_those_of_each(one: str, two: str) -> None:
    joined = words(f"{one} . {two}")
    assert joined.split() == [*words(one).split(), *words(two).split()]


def test_no_text_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    folding = module._Folding()
    monkeypatch.setattr(module, "_KNOWN", 100)
    "".join(map(chr, range(5_000))).translate(folding)
    assert len(folding) == 100
