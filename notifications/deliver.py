"""Bring notifications to channels: claim, look again, send, record, until nothing is due.

Rows are touched in the caller's thread; sending happens in an event loop beside it. What was
leased for a provider who is busy waits here, so that the others' go out meanwhile.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from random import random
from time import monotonic

from newsnotify.lib.backoff import jittered
from newsnotify.lib.sealing import SealError
from notifications import carriers, claims, looking
from notifications.carriers import FIRST_PAUSE
from notifications.carrying import Carrying, Errand
from notifications.models import Carrier, Delivery
from notifications.parcels import parcel_of
from notifications.recording import (
    POISON,
    POISONOUS,
    UNKNOWN,
    Change,
    changed_by_outcome,
    changed_by_verdict,
    record,
)
from notifications.transports.base import Outcome, Result, Transport
from notifications.transports.registry import offered

log = logging.getLogger(__name__)

HELD = 200  # leased at a time, on their way or waiting for a place
BATCH = 50  # so many places have to be free before more are leased
ASK_AGAIN_SECONDS = 0.25  # while others are on their way, for what has become due

Clock = Callable[[], datetime]


def deliver_due(clock: Clock) -> int:
    """Deliver until nothing is due. Returns how many attempts were made."""
    if not claims.is_any_due(clock()):
        return 0
    with Carrying() as carrying:
        return _Desk(carrying, clock).work()


class _Desk:
    """One worker's deliveries, from their lease to their record."""

    def __init__(self, carrying: Carrying, clock: Clock) -> None:
        self._carrying, self._clock = carrying, clock
        self._transports = offered()
        self._waiting: deque[Delivery] = deque()
        self._suspects: deque[Delivery] = deque()  # twice with a worker that died: each alone
        self._sent: dict[int, Delivery] = {}
        self._busy: Counter[str] = Counter()
        self._failing: dict[str, Carrier] = {}
        self._attempts = 0

    def work(self) -> int:
        ask_at = monotonic()
        while True:
            is_idle = not (self._waiting or self._suspects or self._sent)
            if is_idle or (monotonic() >= ask_at and self._room >= BATCH):
                has_more = self._claim()
                ask_at = monotonic() + (0 if has_more else ASK_AGAIN_SECONDS)
            self._set_out()
            if not (self._waiting or self._suspects or self._sent):
                if not claims.is_any_due(self._clock()):
                    return self._attempts
                continue
            self._take_in()

    @property
    def _room(self) -> int:
        return HELD - len(self._waiting) - len(self._suspects) - len(self._sent)

    def _claim(self) -> bool:
        """Lease more, and look at it again. Returns whether there may be more still."""
        now, room = self._clock(), self._room
        self._failing = carriers.failing()
        rows = claims.claim(now, room, self._full())
        looked = [self._look(row, now) for row in rows]
        record([change for change in looked if change], now)
        return len(rows) == room

    def _full(self) -> set[str]:
        """Name the providers for whom enough is leased already."""
        leased = Counter(row.channel.carrier for row in self._waiting if row.channel)
        return {name for name, count in leased.items() if count >= HELD // 2}

    def _look(self, row: Delivery, now: datetime) -> Change | None:
        """Tell what becomes of a leased delivery at once; else put it where it waits."""
        transport = self._transports.get(row.kind)
        if row.state == Delivery.State.SENDING:  # by a worker that did not come back
            row.lost += 1
            if row.lost >= POISON:
                return changed_by_verdict(row, POISONOUS)
            if transport and not transport.repeats_unknown:
                return changed_by_verdict(row, UNKNOWN)
        if verdict := looking.verdict(row, transport, now):
            return changed_by_verdict(row, verdict)
        (self._suspects if row.lost >= POISON - 1 else self._waiting).append(row)
        return None

    def _set_out(self) -> None:
        """Send what there is a place for."""
        now = self._clock()
        self._leave_failing_alone(now)
        rows = self._next_suspect() if self._suspects else self._next_waiting()
        errands = []
        for row in claims.begin(rows, now) if rows else ():
            transport = self._transports[row.kind]
            if errand := self._errand(row, transport, now):
                errands.append(errand)
                self._sent[row.pk] = row
                self._busy[_carrier_of(row)] += 1
        self._attempts += len(errands)
        self._carrying.send(errands)

    def _leave_failing_alone(self, now: datetime) -> None:
        for carrier in self._failing.values():
            until = carrier.paused_until
            if until and until > now:
                theirs = [row for row in self._waiting if _carrier_of(row) == carrier.name]
                if theirs:
                    wait = jittered(FIRST_PAUSE, 0.5, random())  # noqa: S311 - jitter
                    why = f"{carrier.name} failed and is left alone"
                    claims.postpone(theirs, until + wait, why[:200])
                self._waiting = deque(row for row in self._waiting if row not in theirs)

    def _next_suspect(self) -> list[Delivery]:
        """Give one that may have killed its workers a place to itself."""
        return [] if self._sent else [self._suspects.popleft()]

    def _next_waiting(self) -> list[Delivery]:
        chosen, places, left = list[Delivery](), self._busy.copy(), deque[Delivery]()
        for row in self._waiting:
            name = _carrier_of(row)
            if places[name] < self._places(name, self._transports[row.kind]):
                places[name] += 1
                chosen.append(row)
            else:
                left.append(row)
        self._waiting = left
        return chosen

    def _places(self, name: str, transport: Transport) -> int:
        carrier = self._failing.get(name)
        return 1 if carrier and carrier.paused_until else transport.at_once

    def _errand(self, row: Delivery, transport: Transport, now: datetime) -> Errand | None:
        try:
            return Errand(row.pk, transport, parcel_of(row, now))
        except SealError as error:
            self._end(row, transport, Outcome(Result.FAILED, detail=str(error)), now)
        except Exception:  # one that cannot be packed must not cost the others theirs
            log.exception("delivery not packed", extra={"delivery": row.pk})
            outcome = Outcome(Result.RETRY, detail="A fault of ours: it could not be packed.")
            self._end(row, transport, outcome, now)
        return None

    def _end(self, row: Delivery, transport: Transport, outcome: Outcome, now: datetime) -> None:
        record([changed_by_outcome(row, transport, outcome, now)], now)

    def _take_in(self) -> None:
        """Record what came back."""
        done = self._carrying.wait(ASK_AGAIN_SECONDS)
        now, changes = self._clock(), []
        for number, outcome in done:
            row = self._sent.pop(number)
            self._busy[_carrier_of(row)] -= 1
            changes.append(changed_by_outcome(row, self._transports[row.kind], outcome, now))
        record(changes, now)
        if any(change.outcome and change.outcome.is_provider for change in changes):
            self._failing = carriers.failing()


def _carrier_of(row: Delivery) -> str:
    return row.channel.carrier if row.channel else row.kind
