"""Send parcels side by side: an event loop in a thread of its own, which knows no database.

A slow provider delays nobody else: the caller bounds how many go to each.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import NamedTuple, Self

from uvicorn.loops.auto import auto_loop_factory

from notifications.transports import outside
from notifications.transports.base import Outcome, Parcel, Result, Transport

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.01  # outcomes that come together are recorded together


class Errand(NamedTuple):
    """A parcel on its way, under the number that its sender gave it."""

    number: int
    transport: Transport
    parcel: Parcel


Done = tuple[int, Outcome]


class Carrying:
    """Carries parcels while its block runs; what is on its way at the end is let go."""

    def __init__(self) -> None:
        self.count = 0  # on their way
        self._done: queue.SimpleQueue[Done | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="deliver", daemon=True)
        self._loop = auto_loop_factory()()
        self._is_over = asyncio.Event()
        self._wanted: asyncio.Queue[list[Errand]] = asyncio.Queue()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()
        self._loop.close()

    def send(self, errands: Iterable[Errand]) -> None:
        """Set out with each of these."""
        several = list(errands)
        self.count += len(several)
        if several:
            self._loop.call_soon_threadsafe(self._wanted.put_nowait, several)

    def wait(self, seconds: float) -> list[Done]:
        """Wait so long at most for an outcome; returns all that came at about that time."""
        done: list[Done] = []
        until = monotonic() + seconds
        with suppress(queue.Empty):
            while (left := until - monotonic()) > 0 and len(done) < self.count:
                outcome = self._done.get(timeout=left)
                if isinstance(outcome, BaseException):
                    raise outcome
                until = until if done else monotonic() + GATHER_SECONDS
                done.append(outcome)
        self.count -= len(done)
        return done

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as error:  # noqa: BLE001 - a thread's boundary: the caller raises it
            self._done.put(error)

    async def _main(self) -> None:
        tasks = set[asyncio.Task[None]]()
        async with outside.opened():
            over = asyncio.create_task(self._is_over.wait())
            taking = asyncio.create_task(self._take(tasks))
            await asyncio.wait((over, taking), return_when=asyncio.FIRST_COMPLETED)
            for task in (over, taking, *tasks):
                task.cancel()
            await asyncio.gather(over, taking, *tasks, return_exceptions=True)
            if not self._is_over.is_set():
                taking.result()  # raises what ended it

    async def _take(self, tasks: set[asyncio.Task[None]]) -> None:
        while True:
            for errand in await self._wanted.get():
                task = asyncio.create_task(self._carry(errand))
                tasks.add(task)  # the loop itself holds tasks weakly
                task.add_done_callback(tasks.discard)

    async def _carry(self, errand: Errand) -> None:
        self._done.put((errand.number, await attempt(errand.transport, errand.parcel)))


async def attempt(transport: Transport, parcel: Parcel) -> Outcome:
    """Send a parcel once, in bounded time, whatever its transport does."""
    try:
        async with asyncio.timeout(transport.seconds):
            return await transport.send(parcel)
    except TimeoutError:
        return Outcome(Result.RETRY, detail=f"No answer within {transport.seconds:g} seconds.")
    except Exception as error:  # a task's boundary: one parcel must not cost the others theirs
        log.exception("transport broke", extra={"kind": transport.kind, "parcel": parcel.id})
        return Outcome(Result.RETRY, detail=f"A fault of ours: {type(error).__name__}.")
