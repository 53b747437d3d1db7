"""Bring what sources have: fetched and read side by side, handed over as it arrives.

Fetching is asynchronous and knows no database; its event loop has a thread of its own, so that
a slow host delays nobody. Documents are read in child processes, since a hostile one may kill
its reader.
"""

import asyncio
import logging
import queue
from collections.abc import AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from time import perf_counter

from django.conf import settings

from news.crawl.fetch import Outcome, fetch, user_agent
from news.crawl.moving import TWIN_AFTER, https_twin
from news.crawl.parse import NotAFeed
from news.crawl.reading import read
from news.crawl.records import Document, Failure, FailureKind, Reading, Request
from news.crawl.sandbox import ParserDied, Sandbox
from news.models import Source
from newsnotify.lib import outbound
from newsnotify.lib.beside import Beside, Tasks

log = logging.getLogger(__name__)

PARSERS = 2
AT_ONCE = 100  # sources that are fetched or read at a time
WHOLE_EVERY = timedelta(days=7)  # validators that a server got wrong would silence it for ever

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


BROKEN = Arrival(Failure(FailureKind.NOT_A_FEED, "What came cannot be read and stored."))


class Arrivals(Beside[tuple[Collection[Source], datetime], tuple[Source, Arrival]]):
    """Brings sources while its block runs; what is still on its way at the end is let go."""

    thread_name = "fetch"

    def __init__(self) -> None:
        super().__init__()
        self.expected_count = 0

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
        slots = asyncio.Semaphore(AT_ONCE)
        while True:
            sources, now = await self._wanted.get()
            for source in sources:
                task = asyncio.create_task(self._bring_one(self._session, slots, source, now))
                tasks.add(task)  # the loop itself holds tasks weakly
                task.add_done_callback(tasks.discard)

    async def _bring_one(
        self, session: outbound.Session, slots: asyncio.Semaphore, source: Source, now: datetime
    ) -> None:
        arrival = BROKEN
        try:
            async with slots:
                outcome = await _fetch(session, source, now)
                arrival = await _read(source, outcome, now)
        except Exception:  # a task's boundary: one source must not cost the others theirs
            log.exception("crawl broke", extra={"source_id": source.pk})
        self._came.put((source, arrival))


async def _fetch(session: outbound.Session, source: Source, now: datetime) -> Outcome:
    outcome = await _fetch_from(session, source.url, source, now)
    twin = https_twin(source.url)
    is_tried = source.failure_count >= TWIN_AFTER or (twin and source.moved_to == twin)
    if not (twin and is_tried and isinstance(outcome, Failure) and outcome.is_unreached):
        return outcome
    found = await _fetch_from(session, twin, source, now)
    return outcome if isinstance(found, Failure) else replace(found, moved_to=twin)


async def _fetch_from(
    session: outbound.Session, url: str, source: Source, now: datetime
) -> Outcome:
    agent = user_agent(settings.VERSION, settings.PUBLIC_URL, source.subscriber_count)
    request = Request(url, etag=source.etag, last_modified=source.last_modified)
    if source.document_at and now - source.document_at >= WHOLE_EVERY:
        request = Request(url)
    return await fetch(session, request, agent=agent, now=now)


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
