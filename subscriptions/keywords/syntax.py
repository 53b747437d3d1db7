"""What a query says, as a small tree in the order in which it was written.

`canonical` gives the text that all who ask the same share, in whatever order they wrote it;
`program` the tree as plain lists, which JSON keeps and `matching` evaluates as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from subscriptions.keywords.words import shown


class Field(StrEnum):
    """Where a term is looked for."""

    TEXT = "text"  # title or message
    TITLE = "title"
    SOURCE = "source"
    TOPIC = "topic"


# A field and what is found there, or "and", "or" or "not" and programs.
Program = list[Any]


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase: `line` is in the form of `words`, its last word perhaps a beginning."""

    line: str
    field: Field = Field.TEXT
    is_prefix: bool = False

    @property
    def canonical(self) -> str:
        text = shown(self.line) + "*" * self.is_prefix
        quoted = f'"{text}"' if " " in text else text
        return quoted if self.field is Field.TEXT else f"{self.field}:{quoted}"

    @property
    def program(self) -> Program:
        # Words are found with the spaces around them, a prefix with the one before it.
        return [self.field, f" {self.line}" + " " * (not self.is_prefix)]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node

    @property
    def canonical(self) -> str:
        inner = self.part.canonical
        return f"-({inner})" if isinstance(self.part, And | Not) else f"-{inner}"

    @property
    def program(self) -> Program:
        return ["not", self.part.program]


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]

    @property
    def canonical(self) -> str:
        return " ".join(_sorted(self.parts))

    @property
    def program(self) -> Program:
        return ["and", *(part.program for part in self.parts)]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]

    @property
    def canonical(self) -> str:
        return f"({' OR '.join(_sorted(self.parts))})"

    @property
    def program(self) -> Program:
        return ["or", *(part.program for part in self.parts)]


Node = Term | Not | And | Or


def all_of(parts: list[Node]) -> Node:
    """Join with AND."""
    return _joined(And, parts)


def any_of(parts: list[Node]) -> Node:
    """Join with OR."""
    return _joined(Or, parts)


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    flat = [leaf for part in parts for leaf in (part.parts if isinstance(part, kind) else [part])]
    once = tuple({part.canonical: part for part in flat}.values())
    return kind(once) if len(once) > 1 else once[0]


def _sorted(parts: tuple[Node, ...]) -> list[str]:
    """Write parts in the one order that they have in every query; exclusions come last."""
    ordered = sorted(parts, key=lambda part: (isinstance(part, Not), part.canonical))
    return [part.canonical for part in ordered]
