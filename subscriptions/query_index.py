"""From news to the keyword queries that match it, without looking at every query.

A query stands under a few grams (see `keywords.anchors`), in a table with an index: what is
added there is found for the next article, by every process, and there is nothing to load.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from django.db.models import Count

from subscriptions.keywords import Document, Node, Program, anchors, matches
from subscriptions.models import KeywordAnchor, KeywordQuery

BATCH = 2_000  # grams, or queries, that one statement asks for


class News(NamedTuple):
    """What is matched of an article or an event."""

    document: Document
    topic_id: int | None
    source_id: int | None


class _Wanted(NamedTuple):
    program: Program
    topic_id: int | None
    source_id: int | None

    def matches(self, news: News) -> bool:
        return (
            self.topic_id in (None, news.topic_id)
            and self.source_id in (None, news.source_id)
            and matches(self.program, news.document)
        )


def add(query: KeywordQuery, node: Node) -> None:
    """Put a query under its grams: under rare ones, and where few others stand."""
    keys = {gram: anchors.key(gram) for gram in anchors.choices(node)}
    crowd = _crowd(keys.values())
    pairs = anchors.chosen(node, lambda gram: anchors.rarity(gram) * (1 + crowd[keys[gram]]))
    KeywordAnchor.objects.bulk_create(
        KeywordAnchor(query=query, gram=keys[gram], beside=keys.get(beside, anchors.NOTHING))
        for gram, beside in sorted(pairs.items())
    )


def find(news: Sequence[News]) -> list[list[int]]:
    """List, for each of these, the ids of the queries that match it, in order.

    Asked for many at once, so that a statement serves for all of them.
    """
    keys = [anchors.keys_of(each.document) for each in news]
    standing = _standing(set().union(*keys))
    candidates = [_candidates(each, standing) for each in keys]
    wanted = _wanted(set().union(*candidates))
    return [
        sorted(pk for pk in found if pk in wanted and wanted[pk].matches(each))
        for each, found in zip(news, candidates, strict=True)
    ]


def _candidates(keys: set[int], standing: dict[int, list[tuple[int, int]]]) -> set[int]:
    return {
        query
        for key in keys & standing.keys()
        for beside, query in standing[key]
        if beside == anchors.NOTHING or beside in keys
    }


def _standing(keys: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for some in _batches(keys):
        rows = KeywordAnchor.objects.filter(gram__in=some)
        for gram, beside, query in rows.values_list("gram", "beside", "query_id"):
            found.setdefault(gram, []).append((beside, query))
    return found


def _wanted(ids: Collection[int]) -> dict[int, _Wanted]:
    found: dict[int, _Wanted] = {}
    for some in _batches(ids):
        rows = KeywordQuery.objects.filter(pk__in=some)
        for pk, *fields in rows.values_list("pk", "program", "topic_id", "source_id"):
            found[pk] = _Wanted(*fields)
    return found


def _crowd(keys: Collection[int]) -> Counter[int]:
    rows = KeywordAnchor.objects.filter(gram__in=keys).order_by().values_list("gram")
    return Counter(dict(rows.annotate(count=Count("pk"))))


def _batches(values: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
