"""What changed between two versions of an article, in the words that a reader sees."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from itertools import chain, groupby, pairwise
from typing import Protocol

from news.alignment import Effort, align, parts

COMPARED = 50_000  # characters between the first change and the last
LONGEST_WORD = 100
CONTEXT = 160  # characters of the same text before and after a change
LONGEST = 2_000  # characters of one change that are shown
MOST = 20_000  # characters of all

# Sanitised HTML, in which every attribute stands in double quotes.
_TAG = re.compile(r'</?(\w+)(?:[^<>"]|"[^"]*")*>')
_BLOCKS = {
    "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary", "table", "tr",
    "ul",
}  # fmt: skip
_CELLS = {"td", "th"}
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # written without spaces: each is a word
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]+")


class Version(Protocol):
    """What an article says at one time: title and summary are text, content sanitised HTML."""

    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def content(self) -> str: ...


class Kind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    LEFT_OUT = "left_out"  # too much to show


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Pieces to be read one after the other; none where no word differs."""

    title: tuple[Piece, ...]
    text: tuple[Piece, ...]  # empty lines part its paragraphs


class _Words:
    """A text and where its words are, so that pieces keep the space between them."""

    def __init__(self, text: str) -> None:
        found = list(_WORD.finditer(text))
        self.list = [match[0] for match in found]
        self._text, self._starts = text, [*(match.start() for match in found), len(text)]

    def text(self, words: slice) -> str:
        return self._text[self._starts[words.start] : self._starts[words.stop]]


def differences(versions: Iterable[Version]) -> Iterator[Difference]:
    """Compare each version with the one after it, which is the older one.

    Bounded for texts of every length: 0.1 s for two of 500 kB, 0.3 s at worst. No more is shown
    of a change than somebody reads.
    """
    read = ((version.title, _text(version)) for version in versions)
    for (new_title, new_text), (old_title, old_text) in pairwise(read):
        effort = Effort()
        title = _compared(old_title, new_title, effort)
        yield Difference(_shown(title), _shown(_compared(old_text, new_text, effort)))


def _text(version: Version) -> str:
    """Put together what is read: the content, after a summary that is not just its beginning."""
    text = unescape(_TAG.sub(_space, " ".join(version.content.split())))
    lines = [line for raw in text.split("\n") if (line := " ".join(raw.split()))]
    lead = " ".join(version.summary.split())
    if not _bare("".join(lines[:50])).startswith(_bare(lead.removesuffix("…"))):
        lines.insert(0, lead)
    return "\n\n".join(lines)


def _space(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    if name in _BLOCKS:
        return "\n"
    return " " if name in _CELLS else ""


def _bare(text: str) -> str:
    return "".join(text[:1000].split())


def _compared(old: str, new: str, effort: Effort) -> Iterator[Piece]:
    """Compare two texts between what they begin and end with."""
    start = _whole_words(new, _same_length(old, new))
    old, new, head = old[start:], new[start:], new[:start]
    # The space before them stays where it parts other words.
    end = max(_whole_words(new[::-1], _same_length(old[::-1], new[::-1])) - 1, 0)
    old, new, tail = old[: len(old) - end], new[: len(new) - end], new[len(new) - end :]
    yield Piece(Kind.SAME, head)
    yield from _words_compared(_Words(old[:COMPARED]), _Words(new[:COMPARED]), effort)
    if max(len(old), len(new)) > COMPARED:
        yield Piece(Kind.LEFT_OUT, " … ")
    yield Piece(Kind.SAME, tail)


def _same_length(old: str, new: str) -> int:
    """Count the characters that two texts begin with, by halves."""
    least, most = 0, min(len(old), len(new))
    while least < most:
        middle = (least + most + 1) // 2
        if old[least:middle] == new[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _whole_words(text: str, length: int) -> int:
    """Go back to a space; to none where words are not parted by spaces."""
    near = text[max(length - LONGEST_WORD, 0) : length]
    after_space = max(near.rfind(" "), near.rfind("\n")) + 1
    if not after_space and length > LONGEST_WORD:
        return length
    return length - len(near) + after_space


def _words_compared(old: _Words, new: _Words, effort: Effort) -> Iterator[Piece]:
    runs = align(old.list, new.list, effort)
    for removed, added, same in parts(runs, old.list, new.list):
        before, after = old.text(removed), new.text(added)
        words = before.rstrip()
        yield Piece(Kind.REMOVED, words)
        # What replaces them ends the line for both.
        yield Piece(Kind.SAME, " " if words and after else before[len(words) :])
        words = after.rstrip()
        yield Piece(Kind.ADDED, words)
        yield Piece(Kind.SAME, after[len(words) :] + new.text(same))


def _shown(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Keep the changes, and of what surrounds them a little."""
    joined = [
        Piece(kind, "".join(piece.text for piece in group))
        for kind, group in groupby((p for p in pieces if p.text), key=lambda piece: piece.kind)
    ]
    if all(piece.kind is Kind.SAME for piece in joined):
        return ()
    shortened = (_shortened(piece, n, len(joined) - 1) for n, piece in enumerate(joined))
    return tuple(_first(chain.from_iterable(shortened)))


def _shortened(piece: Piece, number: int, last: int) -> Iterator[Piece]:
    text, is_same = piece.text, piece.kind is Kind.SAME
    head = (CONTEXT if number else 0) if is_same else LONGEST
    tail = CONTEXT if is_same and number < last else 0
    if len(text) <= head + tail + CONTEXT:
        yield piece
        return
    yield Piece(piece.kind, text[:head].rpartition(" ")[0] or text[:head])
    yield Piece(Kind.LEFT_OUT, " … ")
    rest = text[len(text) - tail :]
    yield Piece(piece.kind, rest.partition(" ")[2] or rest)


def _first(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Stop where nobody reads on."""
    length = 0
    for piece in pieces:
        if length > MOST:
            yield Piece(Kind.LEFT_OUT, " … ")
            return
        length += len(piece.text)
        if piece.text:
            yield piece
