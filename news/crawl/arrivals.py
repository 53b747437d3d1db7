"""Bring what sources have: fetched and read side by side, handed over as it arrives.

Fetching is asynchronous and knows no database; its event loop has a thread of its own, so that
a slow host delays nobody. Documents are read in child processes, since a hostile one may kill
its reader.
"""

import asyncio
import logging
import queue
import threading
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

# One more than small computers have cores, since one of them waits for its answer to be taken.
# A worker is one of several, one for each core.
PARSERS = 3 if settings.IS_ONE_PROCESS else 1
AT_ONCE = 100  # sources that are fetched at a time
MOST_UNREAD_BYTES = 32 * 1024 * 1024  # of documents that wait for a parser; beyond, we wait for it

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
        self._unread_bytes, self._counting = 0, threading.Lock()

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
        try:
            outcome = await ask(self._session, source, now)
        except Exception:  # a task's boundary: one source must not cost the others theirs
            log.exception("fetch broke", extra={"source_id": source.pk})
            self._came.put((source, BROKEN))
            return
        if not isinstance(outcome, Document):
            self._came.put((source, Arrival(outcome)))
            return
        unread_bytes = self._count_unread(outcome.size)
        # The parser hands it on itself: to wake this loop for each took a twelfth of a crawl.
        handed_on = _parsers.submit(self._hand_on, source, outcome, now)
        if unread_bytes > MOST_UNREAD_BYTES:
            await asyncio.wrap_future(handed_on)

    def _hand_on(self, source: Source, document: Document, now: datetime) -> None:
        """Read a document, in a thread of the parsers."""
        self._count_unread(-document.size)
        if self._is_over.is_set():
            return
        arrival = BROKEN
        try:
            arrival = _read(source, document, now)
        except Exception:  # a thread's boundary, as above
            log.exception("crawl broke", extra={"source_id": source.pk})
        self._came.put((source, arrival))

    def _count_unread(self, more_bytes: int) -> int:
        with self._counting:
            self._unread_bytes += more_bytes
            return self._unread_bytes


def _read(source: Source, document: Document, now: datetime) -> Arrival:
    """Read a document in a child process, unless it is the one we have."""
    begun, body_key = perf_counter(), sha256(document.body).digest()
    if body_key == source.body_key:
        return Arrival(document.without_body(), body_key=body_key)
    try:
        reading = sandbox.run(read, document, bytes(source.memory), now)
    except (NotAFeed, ParserDied) as error:
        return Arrival(_unreadable(document, error), page=document)
    parse_ms = round((perf_counter() - begun) * 1000)
    return Arrival(document.without_body(), reading, body_key, parse_ms=parse_ms)


def _unreadable(document: Document, error: NotAFeed | ParserDied) -> Failure:
    return Failure(
        FailureKind.NOT_A_FEED, error.reason, document.status, duration_ms=document.duration_ms
    )
