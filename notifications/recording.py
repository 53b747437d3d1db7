"""What came of deliveries, written down: many in a few statements, each with its reason.

All of it in one transaction: state, log, what it means for the channel and its provider, and the
status that the notification shows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import random

from django.db import transaction
from django.db.models import QuerySet

from newsnotify.lib import counts
from newsnotify.lib.backoff import jittered
from newsnotify.lib.deadlocks import repeated
from notifications import carriers, failing, standing
from notifications.looking import Verdict
from notifications.models import Attempt, Delivery
from notifications.transports import details
from notifications.transports.base import Outcome, Result, Transport

State = Delivery.State

WORKER = "worker"
JITTER = 0.2
LONGEST_WAIT = timedelta(days=1)
POISON = 3  # workers that a payload may cost
UNKNOWN = Verdict(State.HELD, details.UNKNOWN)
POISONOUS = Verdict(State.DEAD, details.POISONOUS % {"n": POISON})

_STATES = {Result.SENT: State.SENT, Result.DELIVERED: State.DELIVERED}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a delivery; `due_at` None ends it, and `result` goes into the log."""

    delivery: Delivery
    state: Delivery.State
    reason: str
    due_at: datetime | None
    result: str
    outcome: Outcome | None = None
    actor: str = WORKER


def changed_by_outcome(
    delivery: Delivery, transport: Transport, outcome: Outcome, now: datetime
) -> Change:
    """Tell what an attempt's outcome makes of its delivery."""
    if state := _STATES.get(outcome.result):
        return Change(delivery, state, "", None, outcome.result, outcome)
    reason = outcome.detail[:200]
    due_at = _next(delivery.attempts, transport, outcome, now)
    if due_at is None:
        bounced = outcome.result is Result.GONE and transport.bounces
        state = State.BOUNCED if bounced else State.DEAD
        return Change(delivery, state, reason, None, outcome.result, outcome)
    return Change(delivery, State.RETRY, reason, due_at, outcome.result, outcome)


def changed_together(
    rows: Sequence[Delivery], transport: Transport, outcome: Outcome, now: datetime
) -> list[Change]:
    """Tell what an outcome makes of all that were in one parcel: the same, at the same time."""
    first = changed_by_outcome(rows[0], transport, outcome, now)
    return [replace(first, delivery=row) for row in rows]


def changed_by_verdict(delivery: Delivery, verdict: Verdict, actor: str = WORKER) -> Change:
    state, reason = verdict.state, verdict.reason
    return Change(delivery, state, reason, verdict.until, state, actor=actor)


def record(changes: Collection[Change], now: datetime) -> None:
    """Write changes down, as far as their deliveries are still ours."""
    if changes:
        repeated(lambda: _record(changes, now))
    for change in changes:
        counts.DELIVERIES.labels(change.delivery.kind, change.result).inc()


def _next(attempts: int, transport: Transport, outcome: Outcome, now: datetime) -> datetime | None:
    """Tell when the next attempt is due; None when there is none."""
    if outcome.result is not Result.RETRY or attempts >= len(transport.pauses):
        return None
    wait = jittered(timedelta(seconds=transport.pauses[attempts]), JITTER, random())  # noqa: S311 - jitter
    asked = timedelta(seconds=min(outcome.retry_after or 0, LONGEST_WAIT.total_seconds()))
    return now + max(wait, asked)


@transaction.atomic
def _record(changes: Collection[Change], now: datetime) -> None:
    ours = _still_ours([change.delivery for change in changes])
    changes = [change for change in changes if change.delivery.pk in ours]
    standing.lock(change.delivery.notification_id for change in changes)
    _write_states(changes, now)
    Attempt.objects.bulk_create(
        _log_of(change, now) for change in changes if not _is_logged(change)
    )
    attempted = [change for change in changes if change.outcome]
    failing.note(_by_channel(attempted), now)
    _note_carriers(attempted, now)
    standing.note(change.delivery.notification_id for change in changes)


def _still_ours(rows: Collection[Delivery]) -> set[int]:
    held: QuerySet[Delivery] = Delivery.objects.filter(
        pk__in=[row.pk for row in rows], lease__in={row.lease for row in rows}
    )
    leases = dict(held.order_by("pk").select_for_update().values_list("pk", "lease"))
    return {row.pk for row in rows if leases.get(row.pk) == row.lease}


def _write_states(changes: Collection[Change], now: datetime) -> None:
    alike: defaultdict[tuple[str, str, datetime | None], list[int]] = defaultdict(list)
    for change in changes:
        alike[change.state, change.reason, change.due_at].append(change.delivery.pk)
    for (state, reason, due_at), pks in alike.items():
        Delivery.objects.filter(pk__in=pks).update(
            state=state,
            reason=reason,
            due_at=due_at,
            lease="",
            lost=0,
            ended_at=None if state in Delivery.OPEN else now,
        )


def _is_logged(change: Change) -> bool:
    """Tell whether it was held for this very reason before, and still is."""
    row = change.delivery
    return change.state == State.HELD == row.state and change.reason == row.reason


def _log_of(change: Change, now: datetime) -> Attempt:
    outcome = change.outcome
    return Attempt(
        delivery=change.delivery,
        at=now,
        result=change.result,
        status_code=outcome.status_code if outcome else None,
        detail=(outcome.detail if outcome else change.reason)[:300],
        actor=change.actor,
    )


def _by_channel(attempted: Iterable[Change]) -> Mapping[int, list[failing.Heard]]:
    heard: defaultdict[int, list[failing.Heard]] = defaultdict(list)
    for change in attempted:
        if change.delivery.channel and change.outcome:
            pair = failing.Heard(change.delivery.channel, change.outcome)
            heard[change.delivery.channel.pk].append(pair)
    return heard


def _note_carriers(attempted: Iterable[Change], now: datetime) -> None:
    succeeded, failed = set[str](), dict[str, tuple[int, str]]()
    for change in attempted:
        channel, outcome = change.delivery.channel, change.outcome
        if channel is None or outcome is None:
            continue
        if outcome.is_provider and outcome.result is Result.RETRY:
            count, _ = failed.get(channel.carrier, (0, ""))
            failed[channel.carrier] = (count + 1, outcome.detail)
        else:
            succeeded.add(channel.carrier)
    carriers.note(succeeded, failed, now)
