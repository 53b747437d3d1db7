"""Bring notifications to channels: claim, look again, send, record, until nothing is due.

Rows are touched in the caller's thread; sending happens in an event loop beside it. What was
leased for a provider who is busy waits here, so that the others' go out meanwhile.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import chain
from random import random
from time import monotonic

from newsnotify.lib.backoff import jittered
from newsnotify.lib.sealing import SealError
from notifications import bundles, bursts, carriers, claims, holding, looking
from notifications.carriers import FIRST_PAUSE
from notifications.carrying import Carrying, Errand
from notifications.models import Carrier, Delivery
from notifications.parcels import parcel_of
from notifications.recording import (
    POISON,
    POISONOUS,
    UNKNOWN,
    Change,
    changed_by_verdict,
    changed_together,
    record,
)
from notifications.transports import details
from notifications.transports.base import Outcome, Result, Transport
from notifications.transports.registry import offered

log = logging.getLogger(__name__)

HELD = 200  # leased at a time, on their way or waiting for a place
BATCH = 50  # so many places have to be free before more are leased
ASK_AGAIN_SECONDS = 0.25  # while others are on their way, for what has become due

Clock = Callable[[], datetime]
Load = list[Delivery]
"""What goes in one parcel: mostly one delivery."""


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
        self._waiting: deque[Load] = deque()
        self._suspects: deque[Load] = deque()  # twice with a worker that died: each alone
        self._sent: dict[int, Load] = {}
        self._busy: Counter[str] = Counter()
        self._failing: dict[str, Carrier] = {}
        self._went = holding.Went()
        self._bursts = bursts.Bursts()
        self._attempts = 0

    def work(self) -> int:
        ask_at = monotonic()
        while True:
            if self._is_idle or (monotonic() >= ask_at and self._room >= BATCH):
                has_more = self._claim()
                ask_at = monotonic() + (0 if has_more else ASK_AGAIN_SECONDS)
            self._set_out()
            if not self._is_idle:
                self._take_in()
            elif not claims.is_any_due(self._clock()):
                return self._attempts

    @property
    def _is_idle(self) -> bool:
        return not (self._waiting or self._suspects or self._sent)

    @property
    def _room(self) -> int:
        return HELD - len(self._waiting) - len(self._suspects) - len(self._sent)

    def _claim(self) -> bool:
        """Lease more, and look at it again. Returns whether there may be more still."""
        now, room = self._clock(), self._room
        if self._is_idle:
            self._went.forget()  # it is in the rows by now
        self._failing = carriers.failing()
        rows = claims.claim(now, room, self._full())
        self._bursts.look(rows, now)
        changes, gathered, held = dict[int, Change](), set[int](), self._held()
        for row in rows:
            if row.pk in held:  # its lease ended, and its worker, who is us, is alive
                held[row.pk].lease = row.lease
            elif row.pk not in gathered and row.pk not in changes:
                load = self._look(row, now, changes)
                gathered.update(each.pk for each in load)
                self._put(load)
        record(changes.values(), now)
        return len(rows) == room

    def _held(self) -> dict[int, Delivery]:
        loads = chain(self._waiting, self._suspects, self._sent.values())
        return {row.pk: row for load in loads for row in load}

    def _full(self) -> set[str]:
        """Name the providers for whom enough is leased already."""
        leased = Counter(_carrier_of(load) for load in self._waiting)
        return {name for name, count in leased.items() if count >= HELD // 2}

    def _look(self, row: Delivery, now: datetime, changes: dict[int, Change]) -> Load:
        """Give what is to be sent with a leased delivery; what ends or is held is a change."""
        transport = self._transports.get(row.kind)
        verdict = _lost(row, transport) or looking.verdict(row, transport, now)
        if verdict is None and not row.parcel:  # what is in a parcel had its time
            verdict = holding.verdict(row, now, self._went, self._bursts)
        if verdict:
            changes[row.pk] = changed_by_verdict(row, verdict)
            return []
        if bundles.is_shared(row):
            return self._gather(row, now, changes)
        if len(due := self._bursts.beside(row)) > 1:
            return bundles.gather_beside(row, due, now, partial(self._may_go_beside, now=now))
        return [row]

    def _gather(self, row: Delivery, now: datetime, changes: dict[int, Change]) -> Load:
        load = []
        for each in bundles.gather(row, now):
            if stale := looking.verdict(each, self._transports.get(row.kind), now):
                changes[each.pk] = changed_by_verdict(each, stale)
            else:
                load.append(each)
        return load

    def _may_go_beside(self, row: Delivery, now: datetime) -> bool:
        """Tell whether a delivery may go in a list now; what may not is looked at by itself."""
        stale = looking.verdict(row, self._transports.get(row.kind), now)
        return bursts.is_listed(row) and not (stale or holding.by_time(row, now))

    def _put(self, load: Load) -> None:
        if load:
            is_suspect = load[0].lost >= POISON - 1
            (self._suspects if is_suspect else self._waiting).append(load)

    def _set_out(self) -> None:
        """Send what there is a place for."""
        now = self._clock()
        self._leave_failing_alone(now)
        loads = self._next_suspect() if self._suspects else self._next_waiting()
        rows = [row for load in loads for row in load]
        ours = {(row.pk, row.lease) for row in claims.begin(rows, now)} if rows else set()
        left = [[row for row in load if (row.pk, row.lease) in ours] for load in loads]
        packed = [self._errand(load, now) for load in left]
        errands = [errand for errand in packed if errand]
        self._attempts += len(errands)
        self._carrying.send(errands)

    def _leave_failing_alone(self, now: datetime) -> None:
        for carrier in self._failing.values():
            until = carrier.paused_until
            if until and until > now:
                theirs = [load for load in self._waiting if _carrier_of(load) == carrier.name]
                if theirs:
                    wait = jittered(FIRST_PAUSE, 0.5, random())  # noqa: S311 - jitter
                    why = details.LEFT_ALONE % {"name": carrier.name}
                    rows = [row for load in theirs for row in load]
                    claims.postpone(rows, until + wait, why[:200])
                    self._waiting = deque(load for load in self._waiting if load not in theirs)

    def _next_suspect(self) -> list[Load]:
        """Give one that may have killed its workers a place to itself."""
        return [] if self._sent else [self._suspects.popleft()]

    def _next_waiting(self) -> list[Load]:
        chosen, places, left = list[Load](), self._busy.copy(), deque[Load]()
        for load in self._waiting:
            name = _carrier_of(load)
            if places[name] < self._places(name, self._transports[load[0].kind]):
                places[name] += 1
                chosen.append(load)
            else:
                left.append(load)
        self._waiting = left
        return chosen

    def _places(self, name: str, transport: Transport) -> int:
        carrier = self._failing.get(name)
        return 1 if carrier and carrier.paused_until else transport.at_once

    def _errand(self, load: Load, now: datetime) -> Errand | None:
        """Pack what goes together, and note that it is on its way."""
        if not load:
            return None
        transport = self._transports[load[0].kind]
        try:
            parcel = parcel_of(load, bundles.size_of(load), now)
        except SealError as error:
            outcome = Outcome(Result.FAILED, detail=str(error))
        except Exception:  # one that cannot be packed must not cost the others theirs
            log.exception("delivery not packed", extra={"delivery": load[0].pk})
            outcome = Outcome(Result.RETRY, detail=details.NOT_PACKED)
        else:
            self._sent[load[0].pk] = load
            self._busy[_carrier_of(load)] += 1
            return Errand(load[0].pk, transport, parcel)
        record(changed_together(load, transport, outcome, now), now)
        return None

    def _take_in(self) -> None:
        """Record what came back."""
        done = self._carrying.wait(ASK_AGAIN_SECONDS)
        now, changes = self._clock(), list[Change]()
        for number, outcome in done:
            load = self._sent.pop(number)
            self._busy[_carrier_of(load)] -= 1
            changes += changed_together(load, self._transports[load[0].kind], outcome, now)
        record(changes, now)
        if _has_failed_provider(changes):
            self._failing = carriers.failing()


def _lost(row: Delivery, transport: Transport | None) -> looking.Verdict | None:
    """Count a worker that did not come back, and tell what is to be done about it."""
    if row.state != Delivery.State.SENDING:
        return None
    row.lost += 1
    if row.lost >= POISON:
        return POISONOUS
    return UNKNOWN if transport and not transport.repeats_unknown else None


def _has_failed_provider(changes: Iterable[Change]) -> bool:
    return any(change.outcome and change.outcome.is_provider for change in changes)


def _carrier_of(load: Load) -> str:
    channel = load[0].channel
    return channel.carrier if channel else load[0].kind
