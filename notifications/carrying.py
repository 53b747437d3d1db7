"""Send parcels side by side: an event loop in a thread of its own, which knows no database.

A slow provider delays nobody else: the caller bounds how many go to each.
"""

import asyncio
import logging
import queue
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import NamedTuple

from newsnotify.lib.beside import Beside, Tasks
from notifications.transports import details, outside
from notifications.transports.base import Outcome, Parcel, Result, Transport

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.01  # outcomes that come together are recorded together


class Errand(NamedTuple):
    """A parcel on its way, under the number that its sender gave it."""

    number: int
    transport: Transport
    parcel: Parcel


Done = tuple[int, Outcome]


class Carrying(Beside[list[Errand], Done]):
    """Carries parcels while its block runs; what is on its way at the end is let go."""

    thread_name = "deliver"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0  # on their way

    def send(self, errands: Iterable[Errand]) -> None:
        """Set out with each of these."""
        several = list(errands)
        self.count += len(several)
        if several:
            self._want(several)

    def wait(self, seconds: float) -> list[Done]:
        """Wait so long at most for an outcome; returns all that came at about that time."""
        done: list[Done] = []
        until = monotonic() + seconds
        with suppress(queue.Empty):
            while (left := until - monotonic()) > 0 and len(done) < self.count:
                outcome = self._next(left)
                until = until if done else monotonic() + GATHER_SECONDS
                done.append(outcome)
        self.count -= len(done)
        return done

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        async with outside.opened():
            yield

    async def take(self, tasks: Tasks) -> None:
        while True:
            for errand in await self._wanted.get():
                task = asyncio.create_task(self._carry(errand))
                tasks.add(task)  # the loop itself holds tasks weakly
                task.add_done_callback(tasks.discard)

    async def _carry(self, errand: Errand) -> None:
        self._came.put((errand.number, await attempt(errand.transport, errand.parcel)))


async def attempt(transport: Transport, parcel: Parcel) -> Outcome:
    """Send a parcel once, in bounded time, whatever its transport does."""
    try:
        async with asyncio.timeout(transport.seconds):
            return await transport.send(parcel)
    except TimeoutError:
        late = details.NO_ANSWER_IN_SECONDS % {"n": f"{transport.seconds:g}"}
        return Outcome(Result.RETRY, detail=late)
    except Exception as error:  # a task's boundary: one parcel must not cost the others theirs
        log.exception("transport broke", extra={"kind": transport.kind, "parcel": parcel.id})
        return Outcome(Result.RETRY, detail=details.OUR_FAULT % {"name": type(error).__name__})
