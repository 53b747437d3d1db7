"""From what a person wrote to what it says.

    query  = all { "OR" all }          OR also as |
    all    = one { [ "AND" ] one }
    one    = [ "-" | "NOT" ] part
    part   = [ field ":" ] ( word [ "*" ] | quote phrase [ "*" ] quote | "(" query ")" )
    field  = "title" | "source" | "topic"

`OR`, `AND` and `NOT` are capitals, else they are words. Quotes and brackets may be the
typographic ones or the wide ones of East Asia.
"""

import re
from dataclasses import dataclass

from newsnotify.lib.sentences import gettext_noop
from subscriptions.keywords.anchors import is_anchored
from subscriptions.keywords.syntax import Field, Node, Not, Term, all_of, any_of
from subscriptions.keywords.words import is_unspaced, words

LENGTH = 500  # characters
TERMS = 40
SHORTEST = 2  # characters before a *
DEPTH = 10  # brackets and exclusions inside each other

_PLAIN = str.maketrans("“”„‟″＂«»（）：｜＊－", '""""""""():|*-')  # noqa: RUF001 - such are written
_LEXEME = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<or>\||OR(?![^\s()"])) | (?P<and>AND(?![^\s()"]))
        | (?P<not>-(?=\S)|NOT(?![^\s()"])) | (?P<field>(?i:title|source|topic):)
        | "(?P<phrase>[^"]*)(?P<quote>"\*?|$) | (?P<word>[^\s()"|]+) | (?P<end>$)
    )""",
    re.X,
)
_UNKNOWN_FIELD = re.compile(r"([^\W\d_]+):(?=[^\s:/])")


_TOO_LONG = gettext_noop("A query has %(most)s characters at most, this has %(count)s.")
_TOO_MANY = gettext_noop("A query has %(most)s words and phrases at most.")
_TOO_DEEP = gettext_noop("Brackets may stand %(most)s deep: write it more simply.")
_TOO_SHORT = gettext_noop("Write %(least)s characters or more before a `*`.")
_EMPTY = gettext_noop("Write at least one word.")
_EXCLUDES_ONLY = gettext_noop(
    "This would match nearly everything, since it only says what to leave out: "
    "add a word that must be there, on each side of an OR."
)
_CLOSES_NOTHING = gettext_noop("This bracket closes nothing: remove it.")
_BRACKET_OPEN = gettext_noop("This bracket is not closed: add a `)`.")
_QUOTE_OPEN = gettext_noop('This quotation is not closed: add a `"`.')
_MISSING_BEFORE = gettext_noop("A word is missing before `%(word)s`.")
_MISSING_AFTER = gettext_noop("A word is missing after `%(word)s`.")
_NO_FIELD = gettext_noop(
    "There is no `%(field)s`, only title:, source: and topic:. "
    "To look for these very words, put them in quotes."
)
_STAR_INSIDE = gettext_noop("A `*` stands at the end of a word only: `econom*`.")
_NO_LETTER = gettext_noop("`%(word)s` has no letter or digit to look for.")


class QueryError(ValueError):
    """A query that cannot be read: what is wrong, what to do, and at which character from 0."""

    def __init__(self, sentence: str, position: int, **values: object) -> None:
        super().__init__(sentence % values)
        self.message = sentence % values
        self.position = position


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """Read a query. Raises QueryError."""
    if len(text) > LENGTH:
        raise QueryError(_TOO_LONG, LENGTH, most=LENGTH, count=len(text))
    reader = _Reader(_lexemes(text))
    node = reader.query(Field.TEXT, 0)
    if reader.next.kind == "close":
        raise QueryError(_CLOSES_NOTHING, reader.next.position)
    if not is_anchored(node):
        raise QueryError(_EXCLUDES_ONLY, 0)
    return node


def _lexemes(text: str) -> list[_Lexeme]:
    text = text.translate(_PLAIN)
    found: list[_Lexeme] = []
    position = 0
    while not found or found[-1].kind != "end":
        match = _LEXEME.match(text, position)
        assert match  # noqa: S101 - a word takes what nothing else takes
        kind = match.lastgroup or "end"
        kind = "phrase" if kind == "quote" else kind
        found.append(_Lexeme(kind, match[0].strip(), match.start(kind) - (kind == "phrase")))
        position = match.end()
    return found


class _Reader:
    """Goes through the lexemes once; `next` is the one to be read."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0
        self._terms = 0

    @property
    def next(self) -> _Lexeme:
        return self._lexemes[self._at]

    def query(self, field: Field, depth: int) -> Node:
        sides = [self._all(field, depth)]
        while self._took("or"):
            sides.append(self._all(field, depth))
        return any_of(sides)

    def _all(self, field: Field, depth: int) -> Node:
        parts = [self._one(field, depth)]
        while self._took("and") or self.next.kind not in {"or", "close", "end"}:
            parts.append(self._one(field, depth))
        return all_of(parts)

    def _one(self, field: Field, depth: int) -> Node:
        if depth > DEPTH:
            raise QueryError(_TOO_DEEP, self.next.position, most=DEPTH)
        if self._took("not"):
            part = self._one(field, depth + 1)
            return part.part if isinstance(part, Not) else Not(part)
        if self.next.kind == "field":
            field = Field(self._take().text[:-1].lower())
        if self.next.kind == "open":
            return self._group(field, depth)
        return self._term(field)

    def _group(self, field: Field, depth: int) -> Node:
        opening = self._take()
        node = self.query(field, depth + 1)
        if not self._took("close"):
            raise QueryError(_BRACKET_OPEN, opening.position)
        return node

    def _term(self, field: Field) -> Term:
        lexeme = self.next
        if lexeme.kind not in {"word", "phrase"}:
            raise self._missing()
        self._take()
        self._terms += 1
        if self._terms > TERMS:
            raise QueryError(_TOO_MANY, lexeme.position, most=TERMS)
        return _term(lexeme, field)

    def _missing(self) -> QueryError:
        """Say which word is missing before the lexeme that is next."""
        before = self._lexemes[self._at - 1] if self._at else None
        if before is None and self.next.kind == "end":
            return QueryError(_EMPTY, 0)
        if before is None or (before.kind == "open" and self.next.kind != "end"):
            return QueryError(_MISSING_BEFORE, self.next.position, word=self.next.text)
        return QueryError(_MISSING_AFTER, before.position, word=before.text)

    def _took(self, kind: str) -> bool:
        is_it = self.next.kind == kind
        self._at += is_it
        return is_it

    def _take(self) -> _Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]


def _term(lexeme: _Lexeme, field: Field) -> Term:
    text, at = lexeme.text, lexeme.position
    if text == '"' or (text[0] == '"' and not text.rstrip("*").endswith('"')):
        raise QueryError(_QUOTE_OPEN, at)
    if lexeme.kind == "word" and (match := _UNKNOWN_FIELD.match(text)):
        raise QueryError(_NO_FIELD, at, field=match[0])
    is_prefix = text.rstrip('"').endswith("*")
    if "*" in text.strip('"*') or text.startswith("*"):
        raise QueryError(_STAR_INSIDE, at + text.index("*"))
    line = words(text)
    if not line:
        raise QueryError(_NO_LETTER, at, word=text)
    last = line.rpartition(" ")[2]
    if is_unspaced(last):
        is_prefix = False  # found inside of longer words anyway
    if is_prefix and len(last) < SHORTEST:
        raise QueryError(_TOO_SHORT, at, least=SHORTEST)
    return Term(line, field, is_prefix)
