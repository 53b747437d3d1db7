"""Keyword queries as rows, which those who ask the same share."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from news.models import Source, Topic
from newsnotify.lib.fields import digest
from subscriptions import query_index
from subscriptions.keywords import Node
from subscriptions.models import KeywordAnchor, KeywordQuery, Rule, Subscription

ATTEMPTS = 5
BATCH = 500


@transaction.atomic
def shared(*, node: Node, topic: Topic | None, source: Source | None) -> KeywordQuery:
    """Find or make the row of a query and its scope; in this transaction nobody removes it."""
    scope = [str(one.pk) if one else "" for one in (topic, source)]
    key = digest("\n".join([*scope, node.canonical]))
    row = KeywordQuery(
        key=key, text=node.canonical, program=node.program, topic=topic, source=source
    )
    for _ in range(ATTEMPTS):
        if found := KeywordQuery.objects.select_for_update().filter(key=key).first():
            return found
        query_index.take_turn()
        found, is_new = _get_or_make(row)
        if is_new:
            query_index.add(found, node)
            return found
    raise RuntimeError(f"Query {row.text!r} was removed each time it was made")


def unused() -> QuerySet[KeywordQuery]:
    """Those that nobody asks any more."""
    asked = Subscription.objects.filter(query=OuterRef("pk"))
    ruled = Rule.objects.filter(query=OuterRef("pk"))
    return KeywordQuery.objects.exclude(Exists(asked)).exclude(Exists(ruled))


@transaction.atomic
def remove_unused(ids: Collection[int]) -> int:
    """Remove those of these that nobody asks any more. Returns how many.

    Locked first: whoever subscribes meanwhile has the lock, and is seen when it is ours.
    """
    rows = KeywordQuery.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    locked = list(rows.values_list("pk", flat=True))
    gone = list(unused().filter(pk__in=locked).values_list("pk", flat=True))
    KeywordAnchor.objects.filter(query__in=gone).delete()
    KeywordQuery.objects.filter(pk__in=gone).delete()
    return len(gone)


def prune(now: datetime) -> int:
    """Remove what accounts that were deleted have left. Returns how many."""
    removed, last = 0, 0
    rows = unused().filter(created_at__lt=now).order_by("pk")
    while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        removed += remove_unused(ids)
        last = ids[-1]
    return removed


def _get_or_make(row: KeywordQuery) -> tuple[KeywordQuery, bool]:
    fields = {"text": row.text, "program": row.program, "topic": row.topic, "source": row.source}
    return KeywordQuery.objects.get_or_create(key=row.key, defaults=fields)
