"""When its reader wants to be told: his ladder, quiet hours, windows, digests and limits.

And whether he was told of the same source a moment ago: see `bursts`.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from notifications.bursts import Bursts
from notifications.looking import Verdict
from notifications.models import Delivery, Kind
from subscriptions import ladder
from subscriptions.limits import LONGEST_MINUTES, Limit, throttle
from subscriptions.models import Preferences
from subscriptions.timing import Decision, Timing, decide

State = Delivery.State

LADDER = "ladder"
# Where preferences never let it go: they may be others by then.
ASK_AGAIN = timedelta(hours=6)
_WENT = (State.SENT, State.DELIVERED)


class Went:
    """When messages went to people who want so many only: as rows say, and as we just let go."""

    def __init__(self) -> None:
        self._at: defaultdict[tuple[int, str], list[datetime]] = defaultdict(list)

    def at(self, user: User, name: str, now: datetime) -> Collection[datetime]:
        kinds = ladder.PUSHES if name == "push" else (name,)
        since = now - timedelta(minutes=LONGEST_MINUTES)
        rows = Delivery.objects.filter(user=user, kind__in=kinds, state__in=_WENT)
        parcels = rows.filter(ended_at__gt=since).values_list("ended_at", "parcel", "pk")
        by_parcel = {parcel or pk: at for at, parcel, pk in parcels if at}
        return [*by_parcel.values(), *self._at[user.pk, name]]

    def go(self, user: User, name: str, now: datetime) -> None:
        self._at[user.pk, name].append(now)

    def forget(self) -> None:
        self._at.clear()


def verdict(row: Delivery, now: datetime, went: Went, bursts: Bursts) -> Verdict | None:
    """Tell until when a delivery is held, or that it is not wanted; None when it may go.

    Its user with his preferences, notification and event are loaded.
    """
    if row.notification.event.kind == Kind.IN_APP:
        return None  # a test of the channel, which somebody waits for
    return by_time(row, now) or bursts.verdict(row, now) or _by_limit(row, now, went)


def by_time(row: Delivery, now: datetime) -> Verdict | None:
    """Tell what ladder, quiet hours, windows and digests say of a delivery."""
    wishes, ready_at = _wishes(row), row.notification.created_at
    priority = row.notification.priority
    if steps := wishes.get("ladder"):
        step = ladder.due(
            ladder.read(steps), channel=row.kind, priority=priority, ready_at=ready_at
        )
        if isinstance(step, ladder.Skip):
            return Verdict(State.SUPPRESSED, step)
        if step > now:
            return Verdict(State.HELD, LADDER, step)
        ready_at = step
    if not wishes:
        return None
    timing = Timing.read(wishes, row.user.zone)
    decision = decide(timing, priority=priority, now=now, ready_at=ready_at)
    return None if decision.may_go else _held(decision, now)


def _wishes(row: Delivery) -> dict[str, Any]:
    preferences: Preferences | None = getattr(row.user, "preferences", None)
    return preferences.delivery if preferences else {}


def _held(decision: Decision, now: datetime) -> Verdict:
    return Verdict(State.HELD, str(decision.reason), decision.until or now + ASK_AGAIN)


def _by_limit(row: Delivery, now: datetime, went: Went) -> Verdict | None:
    name = "push" if row.kind in ladder.PUSHES else row.kind
    shown = (_wishes(row).get("limits") or {}).get(name)
    if not shown:
        return None
    priority, went_at = row.notification.priority, went.at(row.user, name, now)
    found = throttle(Limit.read(shown), priority=priority, went_at=went_at, now=now)
    if not found.may_go:
        return _held(found, now)
    went.go(row.user, name, now)
    return None
