"""Look at what may never answer, without waiting for it: a stopped server, a dead network."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")

WAIT_SECONDS = 1.0


class Lookout(Generic[T]):
    """Looks in a thread of its own, one at a time, and keeps what it saw for some seconds.

    So asking costs `wait_seconds` at most, and asking often costs the server behind no more.
    """

    def __init__(
        self,
        look: Callable[[], T],
        *,
        keep_seconds: float = 0.0,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._look = look
        self._keep_seconds, self._wait_seconds = keep_seconds, wait_seconds
        self._lock = threading.Lock()
        self._began_at = float("-inf")
        self._seen: Future[T] | None = None

    def start(self) -> "Future[T]":
        """Look again, unless the last look is fresh or still goes on."""
        with self._lock:
            age = time.monotonic() - self._began_at
            if self._seen is None or (self._seen.done() and age >= self._keep_seconds):
                self._seen, self._began_at = Future(), time.monotonic()
                threading.Thread(target=self._run, args=(self._seen,), daemon=True).start()
            return self._seen

    def answer(self) -> T:
        """Tell what was seen. Raises what the look raised, or TimeoutError after `wait_seconds`."""
        seen = self.start()
        until = self._began_at + self._wait_seconds
        return seen.result(timeout=max(0.0, until - time.monotonic()))

    def forget(self) -> None:
        """Look anew when asked next."""
        self._seen = None

    def _run(self, seen: "Future[T]") -> None:
        try:
            seen.set_result(self._look())
        except Exception as error:  # noqa: BLE001 - what ails it is what was seen
            seen.set_exception(error)
        finally:
            connections.close_all()
