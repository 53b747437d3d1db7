"""Whether a query matches a document, exactly."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from subscriptions.keywords.syntax import Field, Program
from subscriptions.keywords.words import BREAK, words

_END = f"{BREAK}.{BREAK}"  # no word has a full stop


@dataclass(frozen=True, slots=True)
class Document:
    """What is matched of news: by field a line of words, with a space before and behind."""

    lines: Mapping[str, str]

    @classmethod
    def of(
        cls, *, title: str, message: str, source: Collection[str] = (), topic: Collection[str] = ()
    ) -> "Document":
        """Bring news to this form; `source` has title and host, `topic` slug and name."""
        return cls(
            {
                Field.TEXT: _lines([title, message]),
                Field.TITLE: _lines([title]),
                Field.SOURCE: _names(tuple(source)),
                Field.TOPIC: _names(tuple(topic)),
            }
        )


def matches(program: Program, document: Document) -> bool:
    """Evaluate a query's program on a document."""
    kind, first, *rest = program
    if isinstance(first, str):
        return first in document.lines[kind]
    if kind == "not":
        return not matches(first, document)
    if kind == "and":
        return matches(first, document) and all(matches(part, document) for part in rest)
    return matches(first, document) or any(matches(part, document) for part in rest)


def _lines(texts: Iterable[str]) -> str:
    """Write texts as one, of which no phrase reaches from one into the next."""
    return f" {_END.join(filter(None, map(words, texts)))} "


@lru_cache(maxsize=1000)
def _names(texts: tuple[str, ...]) -> str:
    return _lines(texts)
