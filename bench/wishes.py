"""Made-up words, articles and keyword queries that are as frequent as people's are.

Words of articles follow Zipf's law. People look for what is rarer: for names, mostly.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate

from subscriptions.keywords import Node, parse

VOCABULARY = 60_000
SYLLABLES = [first + last for first in "bcdfghjklmnprstvz" for last in ("a", "en", "i", "or", "u")]
COMMON = 1_000  # words that nobody looks for, since they are in one article of ten
# What is looked for, and how often among a hundred: shares for want of a public log of alerts.
FORMS = {
    "{a}": 40,
    "{a} {b}": 25,
    '"{a} {b}"': 15,
    "{a} -{b}": 6,
    "{a} OR {b}": 6,
    "title:{a} {b}": 3,
    "({a} OR {b}) {c} -{d}": 2,
    "{a}*": 2,
    "topic:bench {a}": 1,
}


class Language:
    """Says articles and queries, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - chance is enough
        self.words = list(_words(self._chance))
        self._said = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        wanted = [1 / (rank + 2_000) ** 0.6 for rank in range(COMMON, VOCABULARY)]
        self._wanted = list(accumulate(wanted))
        self._forms = list(accumulate(FORMS.values()))

    def article(self) -> tuple[str, str]:
        """Say a title of 6 to 12 words and a summary of 30 to 70."""
        return self._said_words(6, 12).capitalize(), self._said_words(30, 70) + "."

    def queries(self) -> Iterator[Node]:
        """Say queries without end, some of them again and again."""
        forms = list(FORMS)
        while True:
            form = forms[self._drawn(self._forms)]
            yield parse(form.format(**{name: self._wish() for name in "abcd"}))

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
