"""When its reader wants to be told: his ladder, quiet hours, windows, digests and limits."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from notifications.looking import Verdict
from notifications.models import Delivery, Kind
from subscriptions import ladder
from subscriptions.limits import LONGEST_MINUTES, Limit, throttle
from subscriptions.models import Preferences
from subscriptions.timing import Decision, Reason, Timing, decide

State = Delivery.State

LADDER = "ladder"
# What is held for these reasons goes as one message when its time has come.
TOGETHER = frozenset({Reason.DIGEST, Reason.LIMIT})
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


def verdict(row: Delivery, now: datetime, went: Went) -> Verdict | None:
    """Tell until when a delivery is held, or that it is not wanted; None when it may go.

    Its user with his preferences, notification and event are loaded.
    """
    preferences: Preferences | None = getattr(row.user, "preferences", None)
    event = row.notification.event
    if preferences is None or not preferences.delivery or event.kind == Kind.IN_APP:
        return None  # the last is a test of the channel, which somebody waits for
    wishes, ready_at = preferences.delivery, row.notification.created_at
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
    timing = Timing.read(wishes, row.user.zone)
    decision = decide(timing, priority=priority, now=now, ready_at=ready_at)
    if decision.may_go:
        decision = _limited(row, wishes, now, went)
    return None if decision.may_go else _held(decision, now)


def _held(decision: Decision, now: datetime) -> Verdict:
    return Verdict(State.HELD, str(decision.reason), decision.until or now + ASK_AGAIN)


def _limited(row: Delivery, wishes: dict[str, Any], now: datetime, went: Went) -> Decision:
    name = "push" if row.kind in ladder.PUSHES else row.kind
    shown = (wishes.get("limits") or {}).get(name)
    if not shown:
        return Decision()
    priority, went_at = row.notification.priority, went.at(row.user, name, now)
    found = throttle(Limit.read(shown), priority=priority, went_at=went_at, now=now)
    if found.may_go:
        went.go(row.user, name, now)
    return found
