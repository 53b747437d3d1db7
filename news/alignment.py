"""Pair the words of two texts, in order, in bounded time.

Words are paired around what occurs once on each side (patience diff): first a few words in a
row, then single ones. That takes n log n, whatever was written. difflib, whose time may be the
cube of the length, is asked about short remainders only, and not without end.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import chain, takewhile
from typing import NamedTuple

IN_A_ROW = 4  # words that make a place in a text
SIMILAR = 0.3  # what shares fewer of its words is not paired
EFFORT = 60_000  # pairs of words that difflib may look at


class Run(NamedTuple):
    """So many words that are the same, from these places on."""

    old: int
    new: int
    size: int


class Effort:
    """What one comparison may still cost."""

    def __init__(self) -> None:
        self.left = EFFORT

    def takes(self, pairs: int) -> bool:
        self.left -= pairs
        return self.left >= 0


def align(old: Sequence[str], new: Sequence[str], effort: Effort) -> Iterator[Run]:
    """Pair the words of two texts, in order."""
    return _filled(old, new, IN_A_ROW, partial(_alike, effort))


def parts(
    runs: Iterable[Run], old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[slice, slice, slice]]:
    """Give what stands before each run on both sides, and the run; last of all the rest."""
    i = j = 0
    for run in chain(runs, [Run(len(old), len(new), 0)]):
        end = run.new + run.size
        yield slice(i, run.old), slice(j, run.new), slice(run.new, end)
        i, j = run.old + run.size, end


def _alike(effort: Effort, old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Pair words, unless so few that it would only confuse."""
    runs = list(_filled(old, new, 1, partial(_guessed, effort)))
    is_similar = sum(run.size for run in runs) >= SIMILAR * min(len(old), len(new))
    return runs if is_similar else []


def _guessed(effort: Effort, old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Pair what repeats itself, if that is not too much."""
    if not old or not new or not effort.takes(len(old) * len(new)):
        return []
    matches = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [Run(*match) for match in matches[:-1]]  # the last one is empty


def _filled(
    old: Sequence[str],
    new: Sequence[str],
    width: int,
    fill: Callable[[Sequence[str], Sequence[str]], list[Run]],
) -> Iterator[Run]:
    """Pair rows of so many words, and let `fill` pair what is left between them."""
    runs = list(_runs(old, new, width))
    for run, (before, after, _) in zip([*runs, None], parts(runs, old, new), strict=True):
        for inner in fill(old[before], new[after]):
            yield Run(before.start + inner.old, after.start + inner.new, inner.size)
        if run:
            yield run


def _runs(old: Sequence[str], new: Sequence[str], width: int) -> Iterator[Run]:
    """Pair what is the same at both ends, and around what occurs once on each side."""
    i = j = 0
    anchors = _anchors(_rows(old, width), _rows(new, width))
    for at_i, at_j in [(0, 0), *anchors, (len(old), len(new))]:
        if at_i < i or at_j < j:
            continue  # within the last run
        room = min(at_i - i, at_j - j)
        tail = _count_same(reversed(old[at_i - room : at_i]), reversed(new[at_j - room : at_j]))
        i, j = at_i, at_j
        while i < len(old) and j < len(new) and old[i] == new[j]:
            i, j = i + 1, j + 1
        if i > at_i or tail:
            yield Run(at_i - tail, at_j - tail, i - at_i + tail)


def _count_same(old: Iterable[str], new: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=True)))


def _rows(words: Sequence[str], width: int) -> list[Hashable]:
    """List the words in a row that begin at each word."""
    return list(zip(*(words[n:] for n in range(width)), strict=False))


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pair what occurs once on each side: as much as stands in the same order."""
    counts, new_counts = Counter(old), Counter(new)
    places = {item: j for j, item in enumerate(new) if new_counts[item] == counts[item] == 1}
    return _longest_rising([(i, places[item]) for i, item in enumerate(old) if item in places])


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Choose the most pairs whose second numbers rise, too (patience sorting)."""
    lasts: list[int] = []  # of the rows of each length, the lowest last number
    ends: list[int] = []  # and the place of its pair
    before: list[int] = []
    for index, (_, number) in enumerate(pairs):
        length = bisect_left(lasts, number)
        lasts[length : length + 1] = [number]
        ends[length : length + 1] = [index]
        before.append(ends[length - 1] if length else -1)
    chosen, index = [], ends[-1] if ends else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    return chosen[::-1]
