"""Events that producers post: to everybody who wants them, or to those they name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import ApiKey, User
from newsnotify.lib import doorbell
from notifications import reach
from notifications.models import Addressee, Event, Inbox, Notification, Place
from notifications.transports import in_app


@dataclass(frozen=True, slots=True)
class Producer:
    """Whose event it is: an API key's, a person's, or anybody's (`OPEN_INGEST`)."""

    key: ApiKey | None = None
    user: User | None = None

    @property
    def name(self) -> str:
        """Name the producer for itself and for nobody else."""
        if self.key:
            return f"key {self.key.pk}"
        return f"user {self.user.pk}" if self.user else "anybody"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told of an event instead of those who match."""

    users: Collection[User] = ()
    topics: Collection[int] = ()
    roles: Collection[str] = ()


@transaction.atomic
def post_event(
    *, producer: Producer, fields: Mapping[str, Any], audience: Audience | None, now: datetime
) -> Event:
    """Accept an event; it is told after this transaction, at its release time."""
    event = _make(producer, fields, now, is_addressed=audience is not None)
    if audience:
        event.audience = {"topics": list(audience.topics), "roles": list(audience.roles)}
    event.save(force_insert=True)
    if audience:
        _address(event, audience.users)
    if event.release_time <= now:
        doorbell.ring("notifications.fan_out")
    return event


@transaction.atomic
def notify(
    *, producer: Producer, user: User, fields: Mapping[str, Any], now: datetime
) -> Notification:
    """Tell one user at once, or at its release time: then it is pending until the fan-out."""
    event = _make(producer, fields, now, is_addressed=True)
    is_due = event.release_time <= now
    if is_due:
        event.fanned_out_at, event.told_count = now, 1
    event.save(force_insert=True)
    _address(event, [user])
    revision = _count_up(user) if is_due else 0
    row = Notification.objects.create(
        user=user,
        event=event,
        revision=revision,
        created_revision=revision,
        place=Place.INBOX if is_due else Place.PENDING,
        created_at=now,
    )
    # Its notifications are this one, now and when it is released.
    event.rows_after, event.rows_until = row.pk - 1, row.pk
    event.save(update_fields=["rows_after", "rows_until"])
    if is_due:
        in_app.tell(user.pk, user.pk)
        reach.make_for_one(row, event, now)
    return row


def _make(
    producer: Producer, fields: Mapping[str, Any], now: datetime, *, is_addressed: bool
) -> Event:
    event = Event(
        **{"release_time": now, **fields},
        api_key=producer.key,
        posted_by=producer.user,
        is_addressed=is_addressed,
        created_at=now,
    )
    event.release_time = max(event.release_time, now)
    return event


def _address(event: Event, users: Collection[User]) -> None:
    Addressee.objects.bulk_create([Addressee(event=event, user=user) for user in users], 1000)


def _count_up(user: User) -> int:
    """Count an inbox up by one unread notification. Returns its revision."""
    Inbox.objects.get_or_create(user=user)
    Inbox.objects.filter(user=user).update(revision=F("revision") + 1, unread=F("unread") + 1)
    return Inbox.objects.get(user=user).revision
