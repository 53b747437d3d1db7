"""The way of a source through the stages, in order; what each does is its own business.

Fetching is asynchronous and knows no database; its event loop has a thread of its own and
hands over every outcome as it arrives, so that a slow host delays nobody. Documents are read
in child processes. Everything that touches rows happens in the caller's thread.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from random import random

from django.conf import settings

from news.crawl import schedule, store
from news.crawl.decide import decide
from news.crawl.fetch import Outcome, fetch, user_agent
from news.crawl.parse import NotAFeed
from news.crawl.reading import clean, read
from news.crawl.records import (
    ArticleRecord,
    Document,
    Failure,
    FailureKind,
    KeyedFeed,
    NotModified,
    Plan,
    Request,
    SourceState,
)
from news.crawl.sandbox import ParserDied, Sandbox
from news.models import Fetch, Source
from newsnotify.lib import counts, outbound

log = logging.getLogger(__name__)

PARSERS = 2
IN_FLIGHT = 100  # connections that a batch holds at once

sandbox = Sandbox(PARSERS)
_parsers = ThreadPoolExecutor(PARSERS, thread_name_prefix="parser")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came for a source: an outcome, and the feed when it was a document worth reading."""

    outcome: Outcome
    feed: KeyedFeed | None = None
    body_key: bytes = b""
    page: Document | None = None  # what came instead of a feed, if it was a document at all


_BROKEN = Arrival(Failure(FailureKind.NOT_A_FEED, "What came cannot be read and stored."))


def crawl(sources: Collection[Source], now: datetime) -> Iterator[Fetch]:
    """Crawl leased sources; yields each attempt once it is stored."""
    by_id = {source.pk: source for source in sources}
    for pk, arrival in _arrivals(sources, now):
        if fetch := _store(by_id[pk], arrival, now):
            counts.CRAWLS.labels(fetch.outcome).inc()
            yield fetch


def _store(source: Source, arrival: Arrival, now: datetime) -> Fetch | None:
    """Store an arrival, else that it failed, so that the source is left alone for a while."""
    for attempt in (arrival, _BROKEN):
        try:
            return store_arrival(source, attempt, now)
        except store.LeaseLostError:
            log.warning("crawl taken over", extra={"source_id": source.pk})
            return None
        except Exception:  # a loop's boundary: one source must not cost the others theirs
            log.exception("crawl not stored", extra={"source_id": source.pk})
    return None


def look(url: str, now: datetime) -> Arrival:
    """Fetch and read an address that is no source yet."""
    [(_, arrival)] = _arrivals([Source(pk=0, url=url)], now)
    return arrival


def _arrivals(sources: Collection[Source], now: datetime) -> Iterator[tuple[int, Arrival]]:
    """Fetch and read sources side by side; yields in the order of arrival."""
    arrived: queue.SimpleQueue[tuple[int, Arrival] | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            asyncio.run(_bring_all(sources, now, arrived))
        except BaseException as error:  # noqa: BLE001 - a thread's boundary: the caller raises it
            arrived.put(error)

    thread = threading.Thread(target=run, name="fetch", daemon=True)
    thread.start()
    for _ in sources:
        arrival = arrived.get()
        if isinstance(arrival, BaseException):
            raise arrival
        yield arrival
    thread.join()


async def _bring_all(
    sources: Collection[Source],
    now: datetime,
    arrived: "queue.SimpleQueue[tuple[int, Arrival] | BaseException]",
) -> None:
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def bring(source: Source) -> None:
        arrival = _BROKEN
        try:
            async with slots:
                outcome = await _fetch(session, source, now)
            arrival = await _read(source, outcome, now)
        except Exception:  # a task's boundary: the group would cancel the others
            log.exception("crawl broke", extra={"source_id": source.pk})
        arrived.put((source.pk, arrival))

    async with outbound.session(settings.OUTBOUND_POLICY) as session, asyncio.TaskGroup() as group:
        for source in sources:
            _ = group.create_task(bring(source))  # the group holds it


async def _fetch(session: outbound.Session, source: Source, now: datetime) -> Outcome:
    agent = user_agent(settings.VERSION, settings.PUBLIC_URL, source.subscriber_count)
    request = Request(source.url, etag=source.etag, last_modified=source.last_modified)
    return await fetch(session, request, agent=agent, now=now)


async def _read(source: Source, outcome: Outcome, now: datetime) -> Arrival:
    """Read a document in a child process, unless it is the one we have."""
    if not isinstance(outcome, Document):
        return Arrival(outcome)
    body_key = sha256(outcome.body).digest()
    if body_key == source.body_key:
        return Arrival(outcome, body_key=body_key)
    loop = asyncio.get_running_loop()
    try:
        feed = await loop.run_in_executor(_parsers, sandbox.run, read, outcome, now)
    except (NotAFeed, ParserDied) as error:
        return Arrival(_unreadable(outcome, error), page=outcome)
    return Arrival(outcome, feed, body_key)


def _unreadable(document: Document, error: NotAFeed | ParserDied) -> Failure:
    return Failure(
        FailureKind.NOT_A_FEED, error.reason, document.status, duration_ms=document.duration_ms
    )


def store_arrival(source: Source, arrival: Arrival, now: datetime) -> Fetch:
    """Decide what an arrival means for its source, and store it."""
    state = _state(source)
    outcome = arrival.outcome
    if isinstance(outcome, Failure):
        return _store_failure(source, outcome, state, now)
    feed = arrival.feed
    if feed is None or not isinstance(outcome, Document):
        wait = _wait(state, outcome, None, now)
        return store.store_unchanged(source, outcome, now=now, next_fetch_at=now + wait)
    plan = decide(feed, store.known_articles(source, feed.entries), state)
    wait = _wait(_with(state, plan, now), outcome, feed, now)
    try:
        cleaned = _clean(plan)
    except ParserDied as error:
        return _store_failure(source, _unreadable(outcome, error), state, now)
    return store.store_document(
        source,
        outcome,
        feed,
        plan,
        cleaned,
        body_key=arrival.body_key,
        now=now,
        next_fetch_at=now + wait,
    )


def _clean(plan: Plan) -> dict[bytes, ArticleRecord]:
    entries = (*plan.new, *(entry for _, entry in plan.changed))
    return sandbox.run(clean, entries) if entries else {}


def _with(state: SourceState, plan: Plan, now: datetime) -> SourceState:
    """Count in the articles that this crawl brings."""
    dates = sorted((entry.published_at or now for entry in plan.new), reverse=True)
    return replace(state, recent=(*dates, *state.recent)[: store.RECENT])


def _wait(
    state: SourceState, answer: Document | NotModified, feed: KeyedFeed | None, now: datetime
) -> timedelta:
    return schedule.next_interval(
        state,
        now=now,
        random=random(),  # noqa: S311 - jitter
        asked=schedule.asked_wait(answer.headers, feed, now),
        skip_hours=feed.skip_hours if feed else frozenset(),
    )


def _store_failure(source: Source, failure: Failure, state: SourceState, now: datetime) -> Fetch:
    wait = schedule.failure_wait(state, failure, random=random())  # noqa: S311 - jitter
    fetch = store.store_failure(
        source,
        failure,
        now=now,
        next_fetch_at=now + wait,
        is_deferral=failure.kind is FailureKind.BUSY,
        is_gone=schedule.is_gone(state, failure, now),
    )
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
        store.defer_host(source, now + wait)
    return fetch


def _state(source: Source) -> SourceState:
    fixed = source.interval_seconds
    return SourceState(
        is_first_crawl=source.first_crawled_at is None,
        failure_count=source.failure_count,
        gone_at=source.gone_at,
        interval=timedelta(seconds=fixed) if fixed else None,
        recent=store.recent_dates(source),
        min_interval=settings.CRAWL_MIN_INTERVAL,
    )
