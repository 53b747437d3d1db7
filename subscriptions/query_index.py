"""From news to the keyword queries that match it, without looking at every query.

A query stands under a few grams (see `keywords.anchors`), in a table with an index: what is
added there is found for the next article, by every process.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from newsnotify.lib.fields import among
from subscriptions.frequencies import frequencies
from subscriptions.keywords import Document, Node, Program, anchors, matches
from subscriptions.keywords.anchors import NOTHING
from subscriptions.keywords.syntax import Field
from subscriptions.known_grams import KnownGrams
from subscriptions.models import KeywordAnchor, KeywordQuery

BATCH = 1_000  # grams, or queries, that one statement asks for; MariaDB plans anew for more


_STANDING = (
    "SELECT gram, beside, query_id, is_all FROM subscriptions_keywordanchor WHERE gram IN {}"
)
# Whoever finds the row waits for its lock at once: two who had read it first would wait for each
# other.
_TURN = "INSERT INTO subscriptions_keywordturn (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id"
_WANTED = "SELECT id, program, topic_id, source_id FROM subscriptions_keywordquery WHERE id IN {}"


class News(NamedTuple):
    """What is matched of an article or an event."""

    document: Document
    topic_id: int | None
    source_id: int | None


class Wanted(NamedTuple):
    """A query, as far as it takes to tell whether news matches."""

    program: Program
    topic_id: int | None
    source_id: int | None

    def is_met_by(self, news: News) -> bool:
        return (
            self.topic_id in (None, news.topic_id)
            and self.source_id in (None, news.source_id)
            and matches(self.program, news.document)
        )


class _Row(NamedTuple):
    """A query as a process remembers it: what the text has to contain, and its program if that is
    not all.

    The program stays as the database has it: made ready it would be lists, which the garbage
    collector goes through again and again; that took half of the time.
    """

    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    none_of: tuple[str, ...]
    program: str
    topic_id: int | None
    source_id: int | None

    def is_met_by(self, news: News) -> bool:
        has = news.document.lines[Field.TEXT].__contains__
        return (
            all(map(has, self.all_of))
            and not any(map(has, self.none_of))
            and (not self.any_of or any(map(has, self.any_of)))
            and (not self.program or self._evaluated(news))
        )

    def _evaluated(self, news: News) -> bool:
        return Wanted(orjson.loads(self.program), self.topic_id, self.source_id).is_met_by(news)

    @classmethod
    def of(cls, program: str, topic_id: int | None, source_id: int | None) -> "_Row":
        kind, *parts = whole = orjson.loads(program)
        parts = parts if kind == "and" else [whole]
        required = [part[1] for part in parts if part[0] == Field.TEXT]
        excluded = [part[1][1] for part in parts if part[0] == "not" and part[1][0] == Field.TEXT]
        choices = [part[1:] for part in parts if part[0] == "or" and _are_terms(part[1:])][:1]
        any_of = tuple(term[1] for terms in choices for term in terms)
        is_all = len(required) + len(excluded) + len(choices) == len(parts)
        rest = "" if is_all and topic_id is None and source_id is None else program
        return cls(tuple(required), any_of, tuple(excluded), rest, topic_id, source_id)


def _are_terms(programs: list[Program]) -> bool:
    return all(part[0] == Field.TEXT for part in programs)


_Anchor = tuple[int, int, bool]  # what is beside, the query, whether that is all


# Read and replaced as a whole: the threads of a process share it.
REMEMBERED = 200_000  # queries a process, in about 60 MB: some match again and again
_remembered: dict[int, _Row] = {}
_known_grams = KnownGrams()


def forget() -> None:
    """Remember no query any more, for those who use ids again: tests."""
    global _remembered, _known_grams
    _remembered, _known_grams = {}, KnownGrams()


def take_turn() -> None:
    """Wait until nobody else adds queries; nobody does until this transaction ends."""
    if connection.vendor == "mysql":  # SQLite lets one write at a time in any case
        with connection.cursor() as cursor:
            cursor.execute(_TURN)


def add(query: KeywordQuery, node: Node) -> None:
    """Put a query under its grams, those that few articles contain. It has to be our turn."""
    KeywordAnchor.objects.bulk_create(anchors_of(query, node))


def anchors_of(query: KeywordQuery, node: Node) -> list[KeywordAnchor]:
    pairs = anchors.chosen(node, frequencies().per_thousand)
    is_all = anchors.are_all(node) and query.topic_id is None and query.source_id is None
    return [
        KeywordAnchor(
            query=query, gram=anchors.key(gram), beside=anchors.key(beside), is_all=is_all
        )
        for gram, beside in sorted(pairs.items())
    ]


def is_empty() -> bool:
    """Tell whether nobody asks for anything."""
    return not KeywordAnchor.objects.exists()


def find(news: Sequence[News]) -> list[list[int]]:
    """List, for each of these, the ids of the queries that match it, in order.

    Asked for many at once, so that a statement serves for all of them.
    """
    keys = [anchors.keys_of(each.document) for each in news]
    standing = _standing(_known_grams.among(set().union(*keys)))
    met = [_met(some, standing) for some in keys]
    known = _known(set().union(*(candidates for _, candidates in met)))
    return [
        sorted(sure.union(pk for pk in candidates if pk in known and known[pk].is_met_by(each)))
        for each, (sure, candidates) in zip(news, met, strict=True)
    ]


def _standing(keys: Collection[int]) -> dict[int, list[_Anchor]]:
    """Find what stands under grams."""
    standing: dict[int, list[_Anchor]] = {}
    for gram, beside, query, is_all in _rows(_STANDING, keys):
        standing.setdefault(gram, []).append((beside, query, is_all))
    return standing


def _met(keys: set[int], standing: dict[int, list[_Anchor]]) -> tuple[set[int], set[int]]:
    """List the queries that match a document by its grams alone, and those that may."""
    sure: set[int] = set()
    candidates: set[int] = set()
    for gram in standing.keys() & keys:
        for beside, query, is_all in standing[gram]:
            if beside == NOTHING or (beside in keys if beside > 0 else -beside not in keys):
                (sure if is_all else candidates).add(query)
    return sure, candidates


def _known(ids: set[int]) -> dict[int, _Row]:
    """Read queries, those not remembered: a row never changes, and its id is not used again."""
    global _remembered
    remembered = _remembered if len(_remembered) < REMEMBERED else {}
    known = {pk: row for pk in ids if (row := remembered.get(pk))}
    read = {pk: _Row.of(*row) for pk, *row in _rows(_WANTED, ids.difference(known))}
    remembered.update(read)
    _remembered = remembered
    return known | read


def _rows(sql: str, values: Collection[int]) -> Iterator[tuple[Any, ...]]:
    """Ask for the rows of many integers, in SQL of our own: the ORM takes ten times as long."""
    ordered = sorted(values)
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), BATCH):
            some, param = among(ordered[start : start + BATCH])
            cursor.execute(sql.format(some), [param])
            yield from cursor.fetchall()
