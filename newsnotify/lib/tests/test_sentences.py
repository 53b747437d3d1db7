"""Sentences that are kept in English and read in another language."""

from newsnotify.lib import sentences
from newsnotify.lib.sentences import translated

known = sentences.gettext_noop  # a name that xgettext does not know: these are for no catalogue

REFUSED = known("%(host)s of tests cannot be reached.")
BECAUSE = known("%(host)s of tests cannot be reached: %(said)s.")
TWICE = known("%(host)s of tests; open it with TESTS=%(host)s")
AWAY = known("tests are away")
ANYBODY = known("%(a_long_name_of_a_host)s tested %(status)s.")
IT = known("It tested %(status)s.")
GERMAN = {
    REFUSED: "%(host)s aus Tests nicht erreicht.",
    BECAUSE: "%(host)s aus Tests nicht erreicht (%(said)s).",
    TWICE: "%(host)s aus Tests; öffne mit TESTS=%(host)s",
    AWAY: "Tests sind fort",
    ANYBODY: "%(a_long_name_of_a_host)s hat %(status)s getestet.",
    IT: "Es hat %(status)s getestet.",
}


def german(text: str) -> str:
    return GERMAN[text]


def test_text_is_said_with_its_values_in_another_language() -> None:
    assert translated("tests are away", german) == "Tests sind fort"
    said = translated("a.example of tests cannot be reached.", german)
    assert said == "a.example aus Tests nicht erreicht."


def test_sentence_is_chosen_that_leaves_least_open_and_sentences_inside_are_said_too() -> None:
    text = BECAUSE % {"host": "a.example", "said": AWAY}
    assert translated(text, german) == "a.example aus Tests nicht erreicht (Tests sind fort)."
    assert translated("It tested 404.", german) == "Es hat 404 getestet."


def test_value_that_stands_twice_is_the_same_in_both_places() -> None:
    assert translated(TWICE % {"host": "a"}, german) == "a aus Tests; öffne mit TESTS=a"
    other = "a of tests; open it with TESTS=b"
    assert translated(other, german) == other


def test_values_may_hold_anything() -> None:
    for host in ("", "100%", "%(host)s", "a\nb", ".*", "{host}"):
        assert translated(REFUSED % {"host": host}, german) == f"{host} aus Tests nicht erreicht."


def test_words_of_others_stay_as_they_are() -> None:
    for text in ("", "550 5.1.1 No such user", "Of tests cannot be reached"):
        assert translated(text, german) == text
