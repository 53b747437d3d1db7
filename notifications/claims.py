"""Who sends what: deliveries are leased, so that each is sent by one worker at a time.

A lease is the time at which a row is due again. Whoever finishes one asks for his token, so a
worker that overslept writes nothing.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet

from newsnotify.lib.deadlocks import repeated
from notifications.models import Delivery
from notifications.transports import details

LEASE = timedelta(minutes=1)  # a transport has 30 s for an attempt

# With what looking at a delivery, packing and recording it need.
NEEDED = (
    "channel",
    "user__preferences",
    "notification__event__topic",
    "notification__event__source",
)


def claim(now: datetime, room: int, full: Collection[str] = ()) -> list[Delivery]:
    """Lease what has been due longest, except for what these providers would carry."""
    token = secrets.token_hex(16)
    won = repeated(lambda: _lease(token, now, room, full))
    rows = list(Delivery.objects.filter(pk__in=won, lease=token).select_related(*NEEDED))
    if len(rows) < len(won):
        _forget(set(won) - {row.pk for row in rows}, token, now)
    return rows


def is_any_due(now: datetime) -> bool:
    return Delivery.objects.filter(due_at__lte=now).exists()


def begin(rows: Collection[Delivery], now: datetime) -> list[Delivery]:
    """Note that these are about to be sent, before they are. Returns those that are still ours.

    Attempts rise here: what kills its worker has been counted.
    """
    begun: list[Delivery] = repeated(lambda: _begin(rows, now))
    for row in begun:
        row.attempts += 1
    return begun


@transaction.atomic
def _begin(rows: Collection[Delivery], now: datetime) -> list[Delivery]:
    begun: list[Delivery] = []
    for lost in {row.lost for row in rows}:
        group = [row for row in rows if row.lost == lost]
        held = _held(group)
        changes = {"state": Delivery.State.SENDING, "due_at": now + LEASE, "lost": lost}
        count = held.update(**changes, attempts=F("attempts") + 1)
        if count < len(group):
            ours = set(held.values_list("pk", "lease"))
            group = [row for row in group if (row.pk, row.lease) in ours]
        begun += group
    return begun


def postpone(rows: Collection[Delivery], until: datetime, reason: str) -> None:
    """Leave what was leased and not begun for later: nothing is wrong with it."""
    _held(rows).update(lease="", due_at=until, reason=reason)


def _held(rows: Collection[Delivery]) -> QuerySet[Delivery]:
    leases = {row.lease for row in rows}
    return Delivery.objects.filter(pk__in=[row.pk for row in rows], lease__in=leases)


@transaction.atomic
def _lease(token: str, now: datetime, room: int, full: Collection[str]) -> list[int]:
    due = Delivery.objects.filter(due_at__lte=now).order_by("due_at")
    if full:
        due = due.exclude(channel__provider__in=full)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=_locked())
    found = list(due.values_list("pk", flat=True)[:room])
    mine = Delivery.objects.filter(pk__in=found, due_at__lte=now)
    mine.update(lease=token, due_at=now + LEASE)
    return found


def _locked() -> tuple[str, ...]:
    return ("self",) if connection.features.has_select_for_update_of else ()


def _forget(pks: Collection[int], token: str, now: datetime) -> None:
    """End what belongs to nothing any more: its notification or event is gone."""
    orphans = Delivery.objects.filter(pk__in=pks, lease=token)
    ended = {"state": Delivery.State.CANCELLED, "reason": details.EVENT_GONE}
    orphans.update(**ended, lease="", due_at=None, ended_at=now)
