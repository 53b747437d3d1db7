"""Bring what sources have: fetched and read side by side, handed over as it arrives.

Fetching is asynchronous and knows no database; its event loop has a thread of its own, so that
a slow host delays nobody. Documents are read in child processes, since a hostile one may kill
its reader.
"""

import asyncio
import logging
import queue
from collections import deque
from collections.abc import AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import perf_counter

from django.conf import settings

from news.crawl.asking import ask
from news.crawl.fetch import Outcome
from news.crawl.parse import NotAFeed
from news.crawl.reading import read
from news.crawl.records import Document, Failure, FailureKind, Reading
from news.crawl.sandbox import ParserDied, Sandbox
from news.models import Source
from newsnotify.lib import outbound
from newsnotify.lib.beside import Beside, Tasks
from newsnotify.lib.sentences import gettext_noop

log = logging.getLogger(__name__)

PARSERS = 2 if settings.IS_ONE_PROCESS else 1  # a worker is one of several, one for each core
AT_ONCE = 100  # sources that are fetched or read at a time

sandbox = Sandbox(PARSERS)
_parsers = ThreadPoolExecutor(PARSERS, thread_name_prefix="parser")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came for a source: an outcome, and what it tells when it was worth reading."""

    outcome: Outcome
    reading: Reading | None = None
    body_key: bytes = b""
    page: Document | None = None  # what came instead of a feed, if it was a document at all
    parse_ms: int = 0


BROKEN = Arrival(
    Failure(FailureKind.NOT_A_FEED, gettext_noop("What came cannot be read and stored."))
)


class Arrivals(Beside[tuple[Collection[Source], datetime], tuple[Source, Arrival]]):
    """Brings sources while its block runs; what is still on its way at the end is let go."""

    thread_name = "fetch"

    def __init__(self) -> None:
        super().__init__()
        self.expected_count = 0
        self._free_count = AT_ONCE

    def bring(self, sources: Collection[Source], now: datetime) -> None:
        """Begin to fetch sources."""
        self.expected_count += len(sources)
        self._want((sources, now))

    def wait(self, seconds: float) -> list[tuple[Source, Arrival]]:
        """Wait so long at most for an arrival; returns all that are here by then."""
        came: list[tuple[Source, Arrival]] = []
        with suppress(queue.Empty):
            while True:
                came.append(self._next(None if came else seconds))
        self.expected_count -= len(came)
        return came

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        async with outbound.session(settings.OUTBOUND_POLICY) as self._session:
            yield

    async def take(self, tasks: Tasks) -> None:
        waiting: deque[tuple[Source, datetime]] = deque()
        while True:
            sources, now = await self._wanted.get()
            waiting.extend((source, now) for source in sources)
            for _ in range(min(len(sources), self._free_count)):
                self._free_count -= 1
                task = asyncio.create_task(self._bring_all(waiting))
                tasks.add(task)  # the loop itself holds tasks weakly
                task.add_done_callback(tasks.discard)

    async def _bring_all(self, waiting: deque[tuple[Source, datetime]]) -> None:
        while waiting:
            await self._bring_one(*waiting.popleft())
        self._free_count += 1  # at once: whoever puts in more counts on it

    async def _bring_one(self, source: Source, now: datetime) -> None:
        arrival = BROKEN
        try:
            outcome = await ask(self._session, source, now)
            arrival = await _read(source, outcome, now)
        except Exception:  # a task's boundary: one source must not cost the others theirs
            log.exception("crawl broke", extra={"source_id": source.pk})
        self._came.put((source, arrival))


async def _read(source: Source, outcome: Outcome, now: datetime) -> Arrival:
    """Read a document in a child process, unless it is the one we have."""
    if not isinstance(outcome, Document):
        return Arrival(outcome)
    body_key = sha256(outcome.body).digest()
    if body_key == source.body_key:
        return Arrival(outcome, body_key=body_key)
    loop, begun = asyncio.get_running_loop(), perf_counter()
    try:
        reading = await loop.run_in_executor(
            _parsers, sandbox.run, read, outcome, bytes(source.memory), now
        )
    except (NotAFeed, ParserDied) as error:
        return Arrival(_unreadable(outcome, error), page=outcome)
    return Arrival(outcome, reading, body_key, parse_ms=round((perf_counter() - begun) * 1000))


def _unreadable(document: Document, error: NotAFeed | ParserDied) -> Failure:
    return Failure(
        FailureKind.NOT_A_FEED, error.reason, document.status, duration_ms=document.duration_ms
    )
