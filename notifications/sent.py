"""What one person was sent lately, by topic and by source, and how much of it he read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from news.models import Source, Topic
from news.selectors import sources_for, topics_for
from notifications.models import Event, Place
from subscriptions.models import Kind, Subscription

DAYS, MOST_DAYS = 30, 90
MOST = 2000  # of his newest in the inbox, and as many of the archive: what this costs has an end
CHUNK = 500


@dataclass
class Sent:
    """A topic or a source, and how much came of it."""

    kind: Kind
    thing: Topic | Source
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
    def is_never_read(self) -> bool:
        return self.read == 0


def sent_to(user: User, *, since: datetime) -> list[Sent]:
    """List what a user was sent since then, what he never read first, then by how much."""
    found: dict[tuple[Kind, int | None], Sent] = {}
    told = list(_told(user, since))
    things = {
        Kind.TOPIC: _things(topics_for(user), {topic for topic, *_ in told}),
        Kind.SOURCE: _things(sources_for(user), {source for _, source, *_ in told}),
    }
    for topic, source, is_unread, at in told:
        for kind, pk in ((Kind.TOPIC, topic), (Kind.SOURCE, source)):
            if thing := things[kind].get(pk):
                row = found.setdefault((kind, pk), Sent(kind, thing, at))
                row.sent, row.read = row.sent + 1, row.read + (not is_unread)
                row.last_at = max(row.last_at, at)
    for subscription in Subscription.objects.filter(user=user, kind__in=things):
        pk = subscription.topic_id or subscription.source_id
        if followed := found.get((Kind(subscription.kind), pk)):
            followed.subscription = subscription.pk
    return sorted(found.values(), key=lambda row: (row.read > 0, -(row.sent - row.read), row.kind))


def _told(user: User, since: datetime) -> Iterator[tuple[int | None, int | None, bool, datetime]]:
    """Go through his newest notifications: topic, source, is it unread, when.

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
            yield topic, source, is_unread, at


def _things(visible: Any, pks: set[int | None]) -> dict[int | None, Any]:
    return {thing.pk: thing for thing in visible.filter(pk__in=pks - {None})}
