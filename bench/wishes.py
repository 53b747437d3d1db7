"""Made-up words, articles and keyword queries that are as frequent as people's are.

Words of articles follow Zipf's law. People look for what is rarer: for names, mostly.
"""

import random
from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import accumulate

from subscriptions.keywords import Node
from subscriptions.keywords.syntax import Field, Not, Term, all_of, any_of

VOCABULARY = 300_000  # with names
SYLLABLES = [first + last for first in "bcdfghjklmnprstvz" for last in ("a", "en", "i", "or", "u")]
COMMON = 10_000  # words that nobody looks for: whoever has ten alerts is told a few times a day


def _prefix(a: str) -> Node:
    return Term(a, is_prefix=True)


def _in_title(a: str, b: str) -> Node:
    return all_of([Term(a, Field.TITLE), Term(b)])


def _nested(a: str, b: str, c: str, d: str) -> Node:
    return all_of([any_of([Term(a), Term(b)]), Term(c), Not(Term(d))])


# What is looked for, and how often among a hundred: shares for want of a public log of alerts.
FORMS: list[tuple[int, int, Callable[..., Node]]] = [
    (40, 1, Term),
    (25, 2, lambda a, b: all_of([Term(a), Term(b)])),
    (15, 2, lambda a, b: Term(f"{a} {b}")),
    (6, 2, lambda a, b: all_of([Term(a), Not(Term(b))])),
    (6, 2, lambda a, b: any_of([Term(a), Term(b)])),
    (3, 2, _in_title),
    (2, 4, _nested),
    (2, 1, _prefix),
    (1, 1, lambda a: all_of([Term("bench", Field.TOPIC), Term(a)])),
]


class Language:
    """Says articles and queries, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - chance is enough
        self.words = list(_words(random.Random(0)))  # noqa: S311 - the same
        self._said = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        wanted = [1 / (rank + 2_000) ** 0.6 for rank in range(COMMON, VOCABULARY)]
        self._wanted = list(accumulate(wanted))
        self._forms = list(accumulate(share for share, _, _ in FORMS))

    def article(self) -> tuple[str, str]:
        """Say a title of 6 to 12 words and a summary of 30 to 70."""
        return self._said_words(6, 12).capitalize(), self._said_words(30, 70) + "."

    def queries(self) -> Iterator[Node]:
        """Say queries without end, some of them again and again."""
        while True:
            _, count, form = FORMS[self._drawn(self._forms)]
            yield form(*(self._wish() for _ in range(count)))

    def _wish(self) -> str:
        return self.words[COMMON + self._drawn(self._wanted)]

    def _said_words(self, least: int, most: int) -> str:
        count = self._chance.randint(least, most)
        return " ".join(self.words[self._drawn(self._said)] for _ in range(count))

    def _drawn(self, sums: list[float] | list[int]) -> int:
        return bisect(sums, self._chance.random() * sums[-1])


def _words(chance: random.Random) -> Iterator[str]:
    """Make words up; the frequent ones are short."""
    known: set[str] = set()
    while len(known) < VOCABULARY:
        count = 1 + len(str(len(known))) // 2 + chance.randint(0, 2)
        word = "".join(chance.choices(SYLLABLES, k=count))
        if word not in known:
            known.add(word)
            yield word
