"""Who is told of an event, as SQL: the next users in the order of their ids."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import User
from news.models import Source, Topic
from newsnotify.lib.fields import adapted
from notifications.models import Event, EventMatch, Notification
from notifications.rulings import Rulings, groups, matched_by, rulings_of
from subscriptions.match import Wish, wanted_by
from subscriptions.models import Subscription

Query = tuple[str, list[Any]]  # SQL with its parameters


def next_users(event: Event, *, after: int, limit: int) -> Query | None:
    """Select the first users of an event's audience beyond an id, once each, in no order.

    There may be some more than `limit`. None when nobody can be meant.
    """
    if event.is_addressed or event.told_as_id:
        return _union(_wanted(event, after), limit)
    large, has_small = _matched(event)
    shape = _Shape(
        bool(event.topic_id),
        bool(event.source_id),
        len(large),
        has_small,
        event.priority,
        rulings_of(event),
    )
    query = _prepared(shape, limit)
    if query is None:
        return None
    sql, params = query
    meant: dict[Any, Any] = {
        _TOPIC: event.topic_id,
        _SOURCE: event.source_id,
        _AFTER: after,
        _EVENT: event.pk,
        _CATEGORY: event.category,
        adapted(_MOMENT): adapted(event.release_time),
        **{_QUERIES - number: query_id for number, query_id in enumerate(large)},
    }
    return sql, [meant.get(value, value) for value in params]


def not_of_nobody(events: Sequence[Event]) -> list[Event]:
    """Leave out, all at once, the events whose topic and source nobody follows.

    Of everything that is published these are most. What is addressed, widens another event or
    matches a query may concern anybody.
    """
    topics = _followed(Topic, "topic", {event.topic_id for event in events if event.topic_id})
    sources = _followed(Source, "source", {event.source_id for event in events if event.source_id})
    return [
        event
        for event in events
        if event.topic_id in topics
        or event.source_id in sources
        or event.is_addressed
        or event.told_as_id
        or event.match_count
    ]


def _followed(model: type[Topic | Source], kind: str, ids: Collection[int]) -> frozenset[int]:
    """List those of a kind that have a follower at all: a look at an index for each."""
    followers = Subscription.objects.filter(**{kind: OuterRef("pk")})
    found = model.objects.filter(Exists(followers), pk__in=ids) if ids else model.objects.none()
    return frozenset(found.values_list("pk", flat=True))


# What stands for the values of an event in a statement that serves for many.
_TOPIC, _SOURCE, _AFTER, _EVENT, _QUERIES = -1, -2, -3, -4, -100
_CATEGORY, _MOMENT = "\0", datetime(1, 1, 2, tzinfo=UTC)


class _Shape(NamedTuple):
    """What statements differ by."""

    has_topic: bool
    has_source: bool
    large_queries: int
    has_small_queries: bool
    priority: str
    rulings: Rulings


@lru_cache(maxsize=256)
def _prepared(shape: _Shape, limit: int) -> Query | None:
    """Write the statement once: the ORM takes 2 ms for it, of which the database needs a tenth."""
    large = [_QUERIES - number for number in range(shape.large_queries)]
    small = [_small_queries(_EVENT)] if shape.has_small_queries else []
    cut: list[QuerySet[Any, int]] = []
    few: list[QuerySet[Any, int]] = []
    for priority, who in groups(shape.priority, shape.rulings, [_EVENT]):
        queries = wanted_by(
            topics=[_TOPIC] if shape.has_topic else [],
            source_id=_SOURCE if shape.has_source else None,
            queries=[*large, *small],
            priority=priority,
            category=_CATEGORY,
            moment=_MOMENT,
            after=_AFTER,
        )
        queries = [query.filter(who) for query in queries]
        few += queries[len(queries) - len(small) :]
        cut += queries[: len(queries) - len(small)]
    return _union(cut, limit, few)


def _matched(event: Event) -> tuple[list[int], bool]:
    """List the matched queries that many ask, and tell whether there are others."""
    if not event.match_count:
        return [], False
    large = event.matches.filter(is_large=True).order_by("query_id")
    ids = list(large.values_list("query_id", flat=True))
    return ids, len(ids) < event.match_count


def _small_queries(event_id: int) -> QuerySet[EventMatch, Any]:
    return EventMatch.objects.filter(event=event_id, is_large=False).values("query_id")


def _union(
    cut: list[QuerySet[Any, int]], limit: int, few: Sequence[QuerySet[Any, int]] = ()
) -> Query | None:
    # Each is cut by itself, or the whole union would be sorted for every chunk; but few users of
    # many queries are not: to cut them, MariaDB would walk everybody's subscriptions in order.
    queries = [query.order_by("user_id")[:limit] for query in cut] + list(few)
    parts = [query.query.sql_with_params() for query in queries]
    if not parts:
        return None
    # SQLite takes no ORDER BY in a part of a union, unless it is a table of its own.
    sql = " UNION ".join(f"SELECT user_id FROM ({part}) part" for part, _ in parts)  # noqa: S608
    return sql, [value for _, params in parts for value in params]


def _wanted(event: Event, after: int) -> list[QuerySet[Any, int]]:
    if event.is_addressed:
        return _addressed(event, after)
    matched: list[Wish] = [event.matches.values("query_id")] if event.match_count else []
    topics = [event.topic_id] if event.topic_id else []
    queries = [
        query.filter(who)
        for priority, who in groups(event.priority, rulings_of(event), matched_by(event))
        for query in _followers(event, topics, after, priority, matched)
    ]
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
    topics = event.audience.get("topics", [])
    return [*queries, *_followers(event, topics, after, event.priority)]


def _followers(
    event: Event,
    topics: Collection[int],
    after: int,
    priority: str,
    queries: Collection[Wish] = (),
) -> list[QuerySet[Any, int]]:
    return wanted_by(
        topics=topics,
        source_id=None if event.is_addressed else event.source_id,
        queries=queries,
        priority=priority,
        category=event.category,
        moment=event.release_time,
        after=after,
    )
