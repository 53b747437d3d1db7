import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from news.alignment import EFFORT, Effort, align

words = st.lists(st.sampled_from("abcdefghij"), max_size=60)


def paired(old: str, new: str) -> list[str]:
    """List the runs of words that two texts share."""
    before = old.split()
    runs = align(before, new.split(), Effort())
    return [" ".join(before[run.old : run.old + run.size]) for run in runs]


@given(words, words)
def test_runs_are_the_same_on_both_sides_and_in_order(old: list[str], new: list[str]) -> None:
    runs = list(align(old, new, Effort()))
    for run in runs:
        assert old[run.old : run.old + run.size] == new[run.new : run.new + run.size] != []
    for one, other in pairwise(runs):
        assert one.old + one.size <= other.old
        assert one.new + one.size <= other.new


@given(words)
def test_everything_is_paired_when_nothing_changed(text: list[str]) -> None:
    assert sum(run.size for run in align(text, text, Effort())) == len(text)


def test_words_around_a_change_are_paired() -> None:
    assert paired("the cat sat on the mat", "the dog sat on a mat") == ["the", "sat on", "mat"]


def test_a_sentence_is_found_where_words_before_it_are_new() -> None:
    old = "one two three four five six"
    assert paired(old, "six of these and " + old) == [old]


def test_words_that_repeat_themselves_are_paired_when_there_are_few() -> None:
    assert paired("a b a b c a b", "x b a b y a b") == ["b a b", "a b"]


def test_nothing_is_paired_when_hardly_a_word_is_shared() -> None:
    assert paired("alpha beta gamma delta", "one two beta three four five") == []


def test_pairing_gives_up_repeated_words_when_they_are_too_many() -> None:
    size = int(EFFORT**0.5) + 1
    old, new = ["a", "b"] * size, ["b", "c", "a"] * size
    started = time.perf_counter()
    assert list(align(old, new, Effort())) == []
    assert time.perf_counter() - started < 1
