"""Whether a query matches a document, exactly."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from subscriptions.keywords.syntax import Program
from subscriptions.keywords.words import BREAK, words

_END = f"{BREAK}.{BREAK}"  # no word has a full stop


@dataclass(frozen=True, slots=True)
class Document:
    """What is matched of news: each field a line of words, with a space before and behind."""

    text: str  # title and message: no phrase reaches from one into the other
    title: str
    source: str
    topic: str

    @classmethod
    def of(
        cls, *, title: str, message: str, source: Collection[str] = (), topic: Collection[str] = ()
    ) -> "Document":
        """Bring news to this form; `source` has title and host, `topic` slug and name."""
        return cls(
            text=_lines([title, message]),
            title=_lines([title]),
            source=_names(tuple(source)),
            topic=_names(tuple(topic)),
        )


def matches(program: Program, document: Document) -> bool:
    """Evaluate a query's program on a document."""
    if isinstance(program, str):
        field, _, line = program.partition(":")
        return line in getattr(document, field)
    kind, *parts = program
    if kind == "not":
        return not matches(parts[0], document)
    found = (matches(part, document) for part in parts)
    return all(found) if kind == "and" else any(found)


def _lines(texts: Iterable[str]) -> str:
    """Write texts as one, of which no phrase reaches from one into the next."""
    return f" {_END.join(filter(None, map(words, texts)))} "


@lru_cache(maxsize=1000)
def _names(texts: tuple[str, ...]) -> str:
    return _lines(texts)
