"""Asynchronous work beside a thread that has rows to touch: an event loop with a thread of its own.

The caller asks for things and takes in what came, in any order; whatever happens in the loop
touches no database.
"""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from uvicorn.loops.auto import auto_loop_factory

Wanted = TypeVar("Wanted")
Came = TypeVar("Came")
Tasks = set[asyncio.Task[None]]


class Beside(ABC, Generic[Wanted, Came]):
    """Works while its block runs; what is still on its way at the end is let go."""

    thread_name: ClassVar[str]

    def __init__(self) -> None:
        self._came: queue.SimpleQueue[Came | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=self.thread_name, daemon=True)
        self._loop = auto_loop_factory()()
        self._is_over = asyncio.Event()
        self._wanted: asyncio.Queue[Wanted] = asyncio.Queue()

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

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        """Open what all of the work shares."""
        yield

    @abstractmethod
    async def take(self, tasks: Tasks) -> None:
        """Take up what is wanted, for ever, each in a task that is kept in `tasks`."""

    def _want(self, wanted: Wanted) -> None:
        self._loop.call_soon_threadsafe(self._wanted.put_nowait, wanted)

    def _next(self, seconds: float | None) -> Came:
        """Wait for what comes next; None waits not at all. Raises queue.Empty."""
        came = self._came.get(block=seconds is not None, timeout=seconds)
        if isinstance(came, BaseException):
            raise came
        return came

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as error:  # noqa: BLE001 - a thread's boundary: the caller raises it
            self._came.put(error)

    async def _main(self) -> None:
        tasks = Tasks()
        async with self.outside():
            over = asyncio.create_task(self._is_over.wait())
            taking = asyncio.create_task(self.take(tasks))
            await asyncio.wait((over, taking), return_when=asyncio.FIRST_COMPLETED)
            for task in (over, taking, *tasks):
                task.cancel()
            await asyncio.gather(over, taking, *tasks, return_exceptions=True)
            if not self._is_over.is_set():
                taking.result()  # raises what ended it
