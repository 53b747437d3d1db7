"""From news to the keyword queries that match it, without looking at every query.

A query stands under a few grams (see `keywords.anchors`), in a table with an index: what is
added there is found for the next article, by every process, and there is nothing to load.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from newsnotify.lib.fields import among
from subscriptions.frequencies import frequencies
from subscriptions.keywords import Document, Node, Program, anchors, matches
from subscriptions.models import KeywordAnchor, KeywordQuery

BATCH = 1_000  # grams, or queries, that one statement asks for; MariaDB plans anew for more


_STANDING = "SELECT gram, beside, query_id FROM subscriptions_keywordanchor WHERE gram IN {}"
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


# Program, topic and source, as the database has them. Programs made ready would be lists, which
# the garbage collector goes through again and again: that took half of the time.
_Row = tuple[str, int | None, int | None]
REMEMBERED = 200_000  # queries a process, in about 60 MB: some match again and again
_remembered: dict[int, _Row] = {}


def forget() -> None:
    """Remember no query any more, for those who use ids again: tests."""
    _remembered.clear()


def add(query: KeywordQuery, node: Node) -> None:
    """Put a query under its grams, those that few articles contain."""
    KeywordAnchor.objects.bulk_create(anchors_of(query, node))


def anchors_of(query: KeywordQuery, node: Node) -> list[KeywordAnchor]:
    pairs = anchors.chosen(node, frequencies().per_thousand)
    return [
        KeywordAnchor(query=query, gram=anchors.key(gram), beside=anchors.key(beside))
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
    standing = _standing(set().union(*keys))
    candidates = [_candidates(each, standing) for each in keys]
    wanted = _wanted(set().union(*candidates))
    return [
        sorted(pk for pk in found if pk in wanted and _is_met(wanted[pk], each))
        for each, found in zip(news, candidates, strict=True)
    ]


def _candidates(keys: set[int], standing: dict[int, list[tuple[int, int]]]) -> set[int]:
    return {
        query
        for key in keys
        if key in standing
        for beside, query in standing[key]
        if beside == anchors.NOTHING or beside in keys
    }


def _standing(keys: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for gram, beside, query in _rows(_STANDING, keys):
        found.setdefault(gram, []).append((beside, query))
    return found


def _wanted(ids: set[int]) -> dict[int, _Row]:
    """Read queries, those not remembered: a row never changes, and its id is not used again."""
    found = {pk: row for pk in ids if (row := _remembered.get(pk))}
    found |= {pk: (*row,) for pk, *row in _rows(_WANTED, ids - found.keys())}
    if len(_remembered) + len(found) > REMEMBERED:
        _remembered.clear()
    _remembered.update(found)
    return found


def _is_met(row: _Row, news: News) -> bool:
    program, topic_id, source_id = row
    return Wanted(orjson.loads(program), topic_id, source_id).is_met_by(news)


def _rows(sql: str, values: Collection[int]) -> Iterator[tuple[Any, ...]]:
    """Ask for the rows of many integers, in SQL of our own: the ORM takes ten times as long."""
    ordered = sorted(values)
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), BATCH):
            some, param = among(ordered[start : start + BATCH])
            cursor.execute(sql.format(some), [param])
            yield from cursor.fetchall()
