"""Reads for the event loop, on a few threads that keep their database connection.

Channels' own way closes an unpooled connection after every call: on SQLite, opening and
closing the last connection to a WAL file took 95 % of a WebSocket handshake.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

THREAD_COUNT = 2

Args = ParamSpec("Args")
Result = TypeVar("Result")

_threads = ThreadPoolExecutor(THREAD_COUNT, "database")


async def in_thread(
    read: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs
) -> Result:
    """Run a function that only reads; once more when the kept connection has gone stale."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, lambda: _retried(read, *args, **kwargs))


def close() -> None:
    """Close the connections that the threads keep; the next read opens new ones."""
    barrier = Barrier(THREAD_COUNT)  # each thread takes one call
    for closing in [_threads.submit(_close, barrier) for _ in range(THREAD_COUNT)]:
        closing.result()


def _retried(read: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
    try:
        return read(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connections.close_all()
        return read(*args, **kwargs)


def _close(barrier: Barrier) -> None:
    connections.close_all()
    barrier.wait()
