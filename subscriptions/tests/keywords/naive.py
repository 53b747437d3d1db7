"""What matches, found out the simplest way: every query, on every text, word by word.

And made-up queries and news to compare by, of a few words in several scripts, so that much matches.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from subscriptions.keywords import Document, Node, QueryError, parse
from subscriptions.keywords.syntax import And, Field, Not, Or, Term
from subscriptions.keywords.words import words
from subscriptions.query_index import News

WORDS = [
    "apple", "Apples", "pie", "New", "York", "times", "économie", "economy", "Größe", "straße",
    "l'Europe", "don't", "C++", "C#", "c", "ёлка", "ель", "Мой", "мои", "ΟΔΟΣ", "οδός", "שָׁלוֹם",
    "مُحَمَّد", "أحمد", "हिन्दी", "हिन्दू", "삼성", "삼성전자", "東京", "京都", "東京都", "オリンピック",
    "がん", "かん", "ไทย", "ไทยรัฐ", "ລາວ", "ខ្មែរ", "မြန်မာ", "2026", "20", "x", "İzmir", "izmir",
]  # fmt: skip
GLUE = [" ", " ", " ", ", ", ". ", "-", "", "、", "\n", " … "]
TOPICS = [("tech", "Technology"), ("welt", "Die Welt"), ("日本", "日本のニュース")]
SOURCES = [("BBC News", "feeds.bbci.co.uk"), ("Le Monde", "lemonde.fr"), ("朝日新聞", "asahi.com")]


@dataclass(frozen=True)
class Story:
    """News as it was written."""

    title: str
    message: str
    topic: int
    source: int

    @property
    def news(self) -> News:
        document = Document.of(
            title=self.title,
            message=self.message,
            topic=TOPICS[self.topic],
            source=SOURCES[self.source],
        )
        return News(document, self.topic, self.source)


class Reading:
    """A story as lists of words, and what is known of it already."""

    def __init__(self, story: Story) -> None:
        title = [words(story.title).split(" ")]
        self._texts = {
            Field.TITLE: title,
            Field.TEXT: [*title, words(story.message).split(" ")],
            Field.TOPIC: [words(name).split(" ") for name in TOPICS[story.topic]],
            Field.SOURCE: [words(name).split(" ") for name in SOURCES[story.source]],
        }
        self._known: dict[Term, bool] = {}

    def has(self, node: Node) -> bool:
        if isinstance(node, Not):
            return not self.has(node.part)
        if isinstance(node, And):
            return all(self.has(part) for part in node.parts)
        if isinstance(node, Or):
            return any(self.has(part) for part in node.parts)
        if node not in self._known:
            self._known[node] = any(_has(text, node) for text in self._texts[node.field])
        return self._known[node]


def _has(text: list[str], term: Term) -> bool:
    *first, last = term.line.split(" ")
    for start in range(len(text) - len(first)):
        end = text[start + len(first)]
        is_last = end.startswith(last) if term.is_prefix else end == last
        if is_last and text[start : start + len(first)] == first:
            return True
    return False


class Chance:
    """Makes up stories and queries, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chance is enough

    def story(self) -> Story:
        return Story(
            self._text(1, 8),
            self._text(0, 30),
            self._random.randrange(3),
            self._random.randrange(3),
        )

    def queries(self) -> Iterator[Node]:
        while True:
            try:
                yield parse(self._query(2))
            except QueryError:
                continue  # it only excludes, for one

    def scope(self) -> int | None:
        """Choose a topic or a source for a query to look in; mostly none."""
        return self._random.choice([None] * 6 + [0, 1, 2])

    def _text(self, least: int, most: int) -> str:
        count = self._random.randint(least, most)
        return "".join(self._word() + self._random.choice(GLUE) for _ in range(count))

    def _word(self) -> str:
        word = self._random.choice(WORDS)
        return self._random.choice([word, word, word.upper(), word.lower(), word.title()])

    def _query(self, depth: int) -> str:
        joined = self._random.choice([" ", " ", " OR ", " -"])
        count = self._random.choice([1, 1, 2, 2, 3])
        return joined.join(self._part(depth) for _ in range(count))

    def _part(self, depth: int) -> str:
        kind = self._random.randrange(12)
        if kind == 0 and depth:
            return f"({self._query(depth - 1)})"
        if kind == 1 and depth:
            return f"-({self._query(depth - 1)})"
        if kind == 2:
            name = self._random.choice(self._random.choice(SOURCES))
            return f'source:"{name}"'
        if kind == 3:
            name = self._random.choice(self._random.choice(TOPICS))
            return f'topic:"{name[: self._random.choice([3, 20])]}*"'
        return self._random.choice(["", "", "", "title:"]) + self._term(kind)

    def _term(self, kind: int) -> str:
        if kind < 6:
            return f'"{self._word()}{self._random.choice(GLUE)}{self._word()}"'
        word = self._word()
        return word[: self._random.randint(2, 5)] + "*" if kind == 6 else word
