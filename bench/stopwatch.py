"""How long a connection's user waits for the database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


class Stopwatch:
    """Counts the time in statements, their results' transfer and commits, in milliseconds."""

    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.ms += (time.perf_counter() - begun) * 1000

    @contextmanager
    def running(self) -> Iterator[None]:
        commit = connection._commit  # type: ignore[attr-defined] # Django's, and untyped
        connection._commit = lambda: self(commit)  # type: ignore[attr-defined]
        try:
            with connection.execute_wrapper(self):
                yield
        finally:
            del connection._commit  # type: ignore[attr-defined]


def database_ms(do: Callable[[], object]) -> float:
    """Do something, and tell how long of that was spent in the database."""
    watch = Stopwatch()
    with watch.running():
        do()
    return watch.ms
