"""Who is told of an event, as SQL: the next users in the order of their ids."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import User
from notifications.models import Event, Notification
from subscriptions.match import wanted_by

Query = tuple[str, list[Any]]  # SQL with its parameters


def next_users(event: Event, *, after: int, limit: int) -> Query | None:
    """Select the first users of an event's audience beyond an id, once each, in no order.

    There may be some more than `limit`. None when nobody can be meant.
    """
    if event.is_addressed or event.told_as_id:
        return _union(_wanted(event, after), limit)
    query = _prepared(bool(event.topic_id), bool(event.source_id), event.priority, limit)
    if query is None:
        return None
    sql, params = query
    meant = {
        _TOPIC: event.topic_id, _SOURCE: event.source_id, _AFTER: after, _CATEGORY: event.category
    }  # fmt: skip
    return sql, [meant.get(value, value) for value in params]


# What stands for the values of an event in a statement that serves for many.
_TOPIC, _SOURCE, _AFTER, _CATEGORY = -1, -2, -3, "\0"


@lru_cache(maxsize=64)
def _prepared(has_topic: bool, has_source: bool, priority: str, limit: int) -> Query | None:
    """Write the statement once: the ORM takes 2 ms for it, of which the database needs a tenth."""
    queries = wanted_by(
        topics=[_TOPIC] if has_topic else [],
        source_id=_SOURCE if has_source else None,
        priority=priority,
        category=_CATEGORY,
        after=_AFTER,
    )
    return _union(queries, limit)


def _union(wanted: list[QuerySet[Any, int]], limit: int) -> Query | None:
    # Each is cut by itself, or the whole union would be sorted for every chunk.
    queries = [query.order_by("user_id")[:limit] for query in wanted]
    parts = [query.query.sql_with_params() for query in queries]
    if not parts:
        return None
    # SQLite takes no ORDER BY in a part of a union, unless it is a table of its own.
    sql = " UNION ".join(f"SELECT user_id FROM ({part}) part" for part, _ in parts)  # noqa: S608
    return sql, [value for _, params in parts for value in params]


def _wanted(event: Event, after: int) -> list[QuerySet[Any, int]]:
    if event.is_addressed:
        return _addressed(event, after)
    queries = _followers(event, [event.topic_id] if event.topic_id else [], after)
    if event.told_as_id:
        # Two events may widen the same one: the second has to see whom the first told.
        Event.objects.select_for_update().get(pk=event.told_as_id)
        told = Notification.objects.filter(event=event.told_as_id, user=OuterRef("user"))
        queries = [query.exclude(Exists(told)) for query in queries]
    return queries


def _addressed(event: Event, after: int) -> list[QuerySet[Any, int]]:
    """List queries of those named, of those with a role, and of followers of topics."""
    named = event.addressees.filter(user__is_active=True, user_id__gt=after)
    people = User.objects.filter(is_active=True, pk__gt=after).annotate(user_id=F("pk"))
    roles = [people.filter(role=role) for role in event.audience.get("roles", [])]
    queries = [query.values_list("user_id", flat=True) for query in (named, *roles)]
    return [*queries, *_followers(event, event.audience.get("topics", []), after)]


def _followers(event: Event, topics: Collection[int], after: int) -> list[QuerySet[Any, int]]:
    return wanted_by(
        topics=topics,
        source_id=None if event.is_addressed else event.source_id,
        priority=event.priority,
        category=event.category,
        after=after,
    )
