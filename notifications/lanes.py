"""The queue of the fan-out: an event's audience in lanes, each told by one worker at a time.

A small audience is one lane. A large one is several ranges of users, which workers tell side
by side: on two cores a million users took two thirds of the time that one lane took.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import starmap

from django.db import OperationalError, connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from newsnotify.lib import doorbell
from newsnotify.lib.deadlocks import is_deadlock, repeated
from notifications import matches
from notifications.audience import Query, next_users, not_of_nobody
from notifications.models import Event, Lane
from notifications.selectors import newest_row

LANES, LARGE = 2, 20_000  # so many for an audience of over so many users
LEASE = timedelta(seconds=20)  # renewed by every chunk
BATCH = 50  # events opened, and lanes looked at, in one transaction


class LeaseLostError(Exception):
    """Somebody else took the lane over, because this process overslept."""


def open_due(now: datetime) -> int:
    """Give released events their lanes; one that widens another waits until that is told.

    Returns how many were begun; 0 when no other is due. An event that nobody wants is done with.
    """
    while due := _due(now):
        # What can be read before is: on SQLite a transaction keeps from writing who crawls.
        followed = {event.pk for event in not_of_nobody(due)}
        if begun := repeated(partial(_open_those, due, followed, now)):
            return begun
    return 0


def _due(now: datetime) -> list[Event]:
    may_begin = Q(told_as=None) | Q(told_as__fanned_out_at__isnull=False)
    return list(_waiting(now).filter(may_begin).order_by("release_time", "id")[:BATCH])


@transaction.atomic
def _open_those(due: Sequence[Event], followed: Collection[int], now: datetime) -> int:
    noted = matches.note(due)
    some = [event for event in noted if event.pk in followed or event.match_count]
    wanted = [(event, query) for event in some if (query := _audience(event))]
    unwanted = {event.pk for event in noted} - {event.pk for event, _ in wanted}
    if unwanted:
        _waiting(now).filter(pk__in=unwanted).update(fanned_out_at=now)
    return sum(starmap(_open, wanted))


def _waiting(now: datetime) -> QuerySet[Event]:
    return Event.objects.filter(fanned_out_at=None, release_time__lte=now, lane_count=0)


def claim(now: datetime) -> Lane | None:
    """Lease the oldest lane that nobody is at."""
    free = Lane.objects.exclude(leased_until__gt=now)
    for pk in free.order_by("id").values_list("pk", flat=True)[:BATCH]:
        lease = secrets.token_hex(16)
        try:
            is_ours = free.filter(pk=pk).update(lease=lease, leased_until=_lease_end())
        except OperationalError as error:
            if not is_deadlock(error):
                raise
            continue
        # It may be gone again: whoever withdraws its event asks nobody.
        if is_ours and (lane := Lane.objects.select_related("event").filter(pk=pk).first()):
            return lane
    return None


def move(lane: Lane, cursor: int, *, told: int) -> None:
    """Note that everybody up to `cursor` was told, unless the lane is no longer ours."""
    held = Lane.objects.filter(pk=lane.pk, lease=lane.lease, cursor=lane.cursor)
    told_count = F("told_count") + told
    if not held.update(cursor=cursor, told_count=told_count, leased_until=_lease_end()):
        raise LeaseLostError
    lane.cursor = cursor


def finish(lane: Lane, now: datetime) -> None:
    """End a lane, and with the last one the event."""
    # Two last lanes would each see the other one.
    event = Event.objects.select_for_update().get(pk=lane.event_id)
    told = Lane.objects.values_list("told_count", flat=True).get(pk=lane.pk)
    # Its notifications are older than the newest one now.
    Event.objects.filter(pk=event.told_as_id or event.pk).update(
        told_count=F("told_count") + told, rows_until=newest_row()
    )
    Lane.objects.filter(pk=lane.pk).delete()
    if not Lane.objects.filter(event=event).exists():
        Event.objects.filter(pk=event.pk).update(fanned_out_at=now)


def _open(event: Event, audience: Query) -> int:
    waiting = Event.objects.filter(pk=event.pk, fanned_out_at=None, lane_count=0)
    ends = [*_boundaries(audience), None]
    # Its notifications will be newer; those that are pending were noted when they were made.
    after = newest_row() if event.rows_after is None else event.rows_after
    if not waiting.update(lane_count=len(ends), rows_after=after):
        return 0  # somebody else has
    cursor = 0
    for end in ends:
        Lane.objects.create(event=event, cursor=cursor, until=end)
        cursor = end or 0
    for _ in ends[1:]:
        doorbell.ring("notifications.fan_out")  # for a worker each; we are one ourselves
    return 1


def _audience(event: Event) -> Query | None:
    """Select an event's users, as many as tell how large their number is; None when it is none."""
    query = next_users(event, after=0, limit=LARGE + 1)
    if query is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({query[0]})", query[1])
        return query if cursor.fetchone()[0] else None


def _boundaries(audience: Query) -> list[int]:
    """List the users that end the lanes of an audience but the last: none for a small one."""
    sql, params = audience
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY user_id LIMIT 1 OFFSET %s", [*params, LARGE])
        first = cursor.fetchone()
    if first is None:
        return []
    last = User.objects.aggregate(last=Max("pk"))["last"]
    return [first[0] + (last - first[0]) * part // LANES for part in range(1, LANES)]


def _lease_end() -> datetime:
    return timezone.now() + LEASE  # by the clock: `now` grows old while events are told
