"""From an event to notifications, for chunks of users in one set-based transaction each.

A chunk is the next users who want the event. Their inboxes are counted up, notifications with
the revisions just made are inserted, and the event's cursor moves: all of it or nothing. Killed
anywhere, it goes on after the last whole chunk, and nobody is told twice.
"""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from notifications import intake
from notifications.models import Event, Notification
from notifications.transports import in_app
from subscriptions.match import wanted_by
from subscriptions.models import Subscription

log = logging.getLogger(__name__)

CHUNK = 10_000  # users; so large that statements vanish, so small that nobody waits long for it
LEASE = timedelta(seconds=20)  # renewed by every chunk

# The users of a chunk stand in a table that only this connection sees: both statements after it
# mean exactly them, whatever is subscribed or ended meanwhile, and read no inbox but theirs.
_ENGINE = {"mysql": "ENGINE=MEMORY", "sqlite": ""}
_MAKE_CHUNK = """
    CREATE TEMPORARY TABLE IF NOT EXISTS fan_out_chunk (user_id BIGINT PRIMARY KEY) {engine}
"""
_EMPTY_CHUNK = "DELETE FROM fan_out_chunk"
_FILL_CHUNK = "INSERT INTO fan_out_chunk {wanted} ORDER BY user_id LIMIT %s"
_LOOK_AT_CHUNK = "SELECT COUNT(*), MIN(user_id), MAX(user_id) FROM fan_out_chunk"

# One statement both counts up and makes the inboxes of those who were never told anything.
_COUNT_UP = """
    INSERT INTO notifications_inbox (user_id, revision, unread)
    SELECT user_id, 1, 1 FROM fan_out_chunk ORDER BY user_id
    {on_conflict} revision = notifications_inbox.revision + 1,
        unread = notifications_inbox.unread + 1
"""
_ON_CONFLICT = {
    "mysql": "ON DUPLICATE KEY UPDATE",
    "sqlite": "ON CONFLICT (user_id) DO UPDATE SET",
}
_TELL = """
    INSERT INTO notifications_notification
        (user_id, event_id, revision, created_revision, is_unread, is_archived, created_at)
    SELECT inbox.user_id, %s, inbox.revision, inbox.revision, 1, 0, %s
    FROM fan_out_chunk chunk JOIN notifications_inbox inbox ON inbox.user_id = chunk.user_id
    ORDER BY chunk.user_id
"""


class LeaseLostError(Exception):
    """Somebody else took the event over, because this process overslept."""


def fan_out_due(now: datetime) -> int:
    """Tell of everything that is due. Returns how many notifications were made."""
    while intake.take_announcements(now):
        pass
    told = 0
    while event := _claim(now):
        try:
            told += fan_out(event, now)
        except LeaseLostError:
            log.warning("fan-out taken over", extra={"event_id": event.pk})
        except Exception:  # it stays leased, so the others come first; then it is tried again
            log.exception("event not fanned out", extra={"event_id": event.pk})
    return told


def fan_out(event: Event, now: datetime) -> int:
    """Tell everybody who wants a claimed event, from its cursor on."""
    told = 0
    while event.fanned_out_at is None:
        try:
            told += _tell_chunk(event, now)
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
            # The database has chosen us to step back, and nothing of the chunk was written.
            event.refresh_from_db(fields=["fan_out_cursor", "fanned_out_at"])
    log.info("event fanned out", extra={"event_id": event.pk, "told": told})
    return told


def _claim(now: datetime) -> Event | None:
    """Lease the oldest due event; one that widens another waits until that is told."""
    due = Event.objects.to_fan_out(now).filter(
        Q(told_as=None) | Q(told_as__fanned_out_at__isnull=False)
    )
    for event in due.order_by("release_time", "id")[:20]:
        event.lease = secrets.token_hex(16)
        free = Event.objects.to_fan_out(now).filter(pk=event.pk)
        try:
            if free.update(lease=event.lease, leased_until=_lease_end()):
                return event
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
    return None


def _is_deadlock(error: OperationalError) -> bool:
    return error.args[:1] == (1213,)  # ER_LOCK_DEADLOCK of MySQL and MariaDB


def _lease_end() -> datetime:
    return timezone.now() + LEASE  # by the clock: `now` grows old while events are told


@transaction.atomic
def _tell_chunk(event: Event, now: datetime) -> int:
    with connection.cursor() as cursor:
        count, first, last = _choose_chunk(event, cursor)
        _move_cursor(event, last, fanned_out_at=now if count < CHUNK else None)
        if count:
            cursor.execute(_COUNT_UP.format(on_conflict=_ON_CONFLICT[connection.vendor]))
            created_at = connection.ops.adapt_datetimefield_value(now)
            cursor.execute(_TELL, [event.told_as_id or event.pk, created_at])
            in_app.tell(first, last)
    return count


def _choose_chunk(event: Event, cursor: CursorWrapper) -> tuple[int, int, int]:
    """Choose the next users. Returns how many, the first and the last."""
    queries = _next_users(event)
    if not queries:
        return 0, event.fan_out_cursor, event.fan_out_cursor
    wanted, params = _union(queries)
    cursor.execute(_MAKE_CHUNK.format(engine=_ENGINE[connection.vendor]))
    cursor.execute(_EMPTY_CHUNK)
    cursor.execute(_FILL_CHUNK.format(wanted=wanted), [*params, CHUNK])
    cursor.execute(_LOOK_AT_CHUNK)
    count, first, last = cursor.fetchone()
    return count, first or event.fan_out_cursor, last or event.fan_out_cursor


def _next_users(event: Event) -> list[QuerySet[Subscription, int]]:
    """List queries whose union begins with the next users to tell.

    Each is cut by itself, or the whole union would be sorted for every chunk.
    """
    queries = wanted_by(
        topic_id=event.topic_id, source_id=event.source_id, after=event.fan_out_cursor
    )
    if event.told_as_id:
        # Two events may widen the same one: the second has to see whom the first told.
        Event.objects.select_for_update().get(pk=event.told_as_id)
        told = Notification.objects.filter(event=event.told_as_id, user=OuterRef("user"))
        queries = [query.exclude(Exists(told)) for query in queries]
    return [query.order_by("user_id")[:CHUNK] for query in queries]


def _union(queries: list[QuerySet[Subscription, int]]) -> tuple[str, list[Any]]:
    parts = [query.query.sql_with_params() for query in queries]
    # SQLite takes no ORDER BY in a part of a union, unless it is a table of its own.
    sql = " UNION ".join(f"SELECT user_id FROM ({part}) part" for part, _ in parts)  # noqa: S608
    return sql, [value for _, params in parts for value in params]


def _move_cursor(event: Event, last: int, *, fanned_out_at: datetime | None) -> None:
    """Note the progress, unless the event is no longer ours."""
    held = Event.objects.filter(pk=event.pk, lease=event.lease, fan_out_cursor=event.fan_out_cursor)
    if not held.update(
        fan_out_cursor=last,
        fanned_out_at=fanned_out_at,
        leased_until=None if fanned_out_at else _lease_end(),
    ):
        raise LeaseLostError
    event.fan_out_cursor, event.fanned_out_at = last, fanned_out_at
