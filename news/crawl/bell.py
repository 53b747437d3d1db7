"""The fan-out's doorbell: while documents come in a stream it rings a few times a second at most.

A look at what is to be told costs as much as storing several documents, and finds all of it.
"""

from collections.abc import Callable
from functools import partial
from time import monotonic

from django.db import transaction

from newsnotify.lib import doorbell

EVERY_SECONDS = 0.1


class Bell:
    """Wanted from within transactions; rung outside of them by who stores."""

    def __init__(self, ring: Callable[[], object], clock: Callable[[], float] = monotonic) -> None:
        self._ring, self._clock = ring, clock
        self._is_wanted = False
        self._rung_at = float("-inf")

    def want(self) -> None:
        """Ask for a ring once this transaction is committed."""
        transaction.on_commit(self._want)

    def ring(self, *, at_once: bool) -> None:
        """Ring if somebody wanted it, and either `at_once` or the last time is long enough ago."""
        if self._is_wanted and (at_once or self._clock() - self._rung_at >= EVERY_SECONDS):
            # In this order: what is wanted from now on is not taken for rung.
            self._is_wanted, self._rung_at = False, self._clock()
            self._ring()

    def _want(self) -> None:
        self._is_wanted = True


bell = Bell(partial(doorbell.ring, "notifications.fan_out"))
