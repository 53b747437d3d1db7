"""What one person was sent lately, by topic, source, alert and rule, and what of it he read."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import User
from news.models import Source, Topic
from news.selectors import sources_for, topics_for
from notifications.models import Event, EventMatch, Place
from subscriptions.models import Kind, Rule, Subscription

DAYS, MOST_DAYS = 30, 90
MOST = 2000  # of his newest in the inbox, and as many of the archive: what this costs has an end
CHUNK = 500


RULE = "rule"  # besides the kinds of subscriptions
Thing = Topic | Source | Subscription | Rule


@dataclass
class Sent:
    """A topic, a source, a keyword alert or a rule, and how much came of it."""

    kind: str
    thing: Thing
    last_at: datetime
    sent: int = 0
    read: int = 0
    subscription: int | None = None  # by which he follows it, if he does

    @property
    def topic(self) -> str | None:
        return self.thing.slug if isinstance(self.thing, Topic) else None

    @property
    def source(self) -> int | None:
        return self.thing.pk if isinstance(self.thing, Source) else None

    @property
    def query(self) -> str | None:
        return None if isinstance(self.thing, Topic | Source) else self.thing.query_text

    @property
    def rule(self) -> int | None:
        return self.thing.pk if isinstance(self.thing, Rule) else None

    @property
    def name(self) -> str:
        return self.query or str(self.thing)

    @property
    def is_never_read(self) -> bool:
        return self.read == 0

    def count(self, *, is_unread: bool, at: datetime) -> None:
        self.sent += 1
        self.read += not is_unread
        self.last_at = max(self.last_at, at)


class _Told(NamedTuple):
    """A notification: of which event, with which topic and source."""

    event: int
    topic: int | None
    source: int | None
    is_unread: bool
    at: datetime


def sent_to(user: User, *, since: datetime) -> list[Sent]:
    """List what a user was sent since then, what he never read first, then by how much."""
    told = list(_told(user, since))
    found = [*_by_subject(user, told), *_by_query(user, told)]
    return sorted(found, key=lambda row: (row.read > 0, -(row.sent - row.read), row.kind))


def _by_subject(user: User, told: Collection[_Told]) -> Collection[Sent]:
    found: dict[tuple[Kind, int | None], Sent] = {}
    things = {
        Kind.TOPIC: _things(topics_for(user), {one.topic for one in told}),
        Kind.SOURCE: _things(sources_for(user), {one.source for one in told}),
    }
    for one in told:
        for kind, pk in ((Kind.TOPIC, one.topic), (Kind.SOURCE, one.source)):
            if thing := things[kind].get(pk):
                row = found.setdefault((kind, pk), Sent(kind, thing, one.at))
                row.count(is_unread=one.is_unread, at=one.at)
    for subscription in Subscription.objects.filter(user=user, kind__in=things):
        pk = subscription.topic_id or subscription.source_id
        if followed := found.get((Kind(subscription.kind), pk)):
            followed.subscription = subscription.pk
    return found.values()


def _by_query(user: User, told: Collection[_Told]) -> Collection[Sent]:
    """Count what his alerts and rules matched, as it was noted when events were told."""
    alerts = Subscription.objects.filter(user=user, kind=Kind.KEYWORD).exclude(query=None)
    asked: dict[int, list[Subscription | Rule]] = {}
    things: list[Subscription | Rule] = [*alerts, *Rule.objects.filter(user=user)]
    for thing in things:
        asked.setdefault(thing.query_id or 0, []).append(thing)
    of_event = {one.event: one for one in told}
    found: dict[tuple[str, int], Sent] = {}
    for event, query in _matched(list(of_event), list(asked)):
        one = of_event[event]
        for thing in asked[query]:
            kind = RULE if isinstance(thing, Rule) else Kind.KEYWORD.value
            row = found.setdefault((kind, thing.pk), Sent(kind, thing, one.at))
            row.count(is_unread=one.is_unread, at=one.at)
            row.subscription = None if kind == RULE else thing.pk
    return found.values()


def _matched(events: list[int], queries: list[int]) -> Iterator[tuple[int, int]]:
    for start in range(0, len(events) if queries else 0, CHUNK):
        rows = EventMatch.objects.filter(event__in=events[start : start + CHUNK])
        yield from rows.filter(query__in=queries).values_list("event_id", "query_id")


def _told(user: User, since: datetime) -> Iterator[_Told]:
    """Go through his newest notifications.

    Without a join: MariaDB would begin at the events. Without a condition on the time: where
    few are that new it would look at all that he ever had.
    """
    rows: list[tuple[int, bool, datetime]] = []
    for place in (Place.INBOX, Place.ARCHIVED):
        mine = user.notifications.filter(place=place).order_by("-created_revision")
        rows += mine.values_list("event_id", "is_unread", "created_at")[:MOST]
    rows = [row for row in rows if row[2] >= since]
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        events = Event.objects.filter(pk__in=[event for event, *_ in part])
        rows_of = events.values_list("pk", "topic_id", "source_id")
        of = {pk: (topic, source) for pk, topic, source in rows_of}
        for event, is_unread, at in part:
            topic, source = of.get(event, (None, None))
            yield _Told(event, topic, source, is_unread, at)


def _things(visible: Any, pks: set[int | None]) -> dict[int | None, Any]:
    return {thing.pk: thing for thing in visible.filter(pk__in=pks - {None})}
