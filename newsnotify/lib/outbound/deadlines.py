"""Deadlines of very many requests, by one timer: one for each took as long as its request."""

import asyncio
import math
from types import TracebackType


class Deadlines:
    """What is to end in time, as far as it runs at the moment."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    def within(self, seconds: float) -> "Deadline":
        """Bound a block, as `asyncio.timeout` does: `with deadlines.within(5):`."""
        return Deadline(self, self._loop.time() + seconds)

    def add(self, deadline: "Deadline") -> None:
        self._running.add(deadline)
        if deadline.at < self._timer_at:
            self._look_at(deadline.at)

    def remove(self, deadline: "Deadline") -> None:
        self._running.discard(deadline)

    def _look_at(self, moment: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(moment, self._look), moment

    def _look(self) -> None:
        now = self._loop.time()
        for deadline in [each for each in self._running if each.at <= now]:
            self._running.remove(deadline)
            deadline.strike()
        self._timer, self._timer_at = None, math.inf
        if self._running:
            self._look_at(min(each.at for each in self._running))


class Deadline:
    """Raises TimeoutError in its block when its moment has come."""

    __slots__ = ("_all", "_cancels", "_has_struck", "_task", "at")

    def __init__(self, every: Deadlines, at: float) -> None:
        self.at, self._all, self._has_struck = at, every, False

    def strike(self) -> None:
        self._has_struck = True
        self._task.cancel()

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 - for the type checker: only tasks wait
        self._task, self._cancels = task, task.cancelling()
        self._all.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._has_struck:
            self._all.remove(self)
        elif self._task.uncancel() <= self._cancels and kind is asyncio.CancelledError:
            raise TimeoutError from error  # else somebody else wants the task to end, too
