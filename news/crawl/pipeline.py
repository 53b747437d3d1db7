"""The way of a source through the stages, in order; what each does is its own business.

What is fetched and read elsewhere arrives here; everything that touches rows happens in the
caller's thread.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from random import random
from time import monotonic, sleep

from django.conf import settings

from news.crawl import moving, schedule, store
from news.crawl.arrivals import AT_ONCE, BROKEN, Arrival, Arrivals
from news.crawl.attempts import Attempt
from news.crawl.bell import bell
from news.crawl.decide import decide
from news.crawl.finish import Answered
from news.crawl.memory import identities
from news.crawl.outage import PAUSE, Outage
from news.crawl.polls import store_unchanged
from news.crawl.records import (
    Document,
    Failure,
    FailureKind,
    NotModified,
    Plan,
    Reading,
    SourceState,
)
from news.crawl.stored import RECENT, known_articles, recent_dates
from news.models import Source
from newsnotify.lib import counts, urls
from newsnotify.lib.backoff import jittered

log = logging.getLogger(__name__)

HELD = 2 * AT_ONCE  # sources leased at a time, so that claiming and fetching go on side by side
ASK_AGAIN_SECONDS = 0.25  # while sources are on their way, for what has become due

# A transaction for each arrival costs as much as one for fifty, and wakes us each time.
GATHER_SECONDS = 0.005
TOGETHER = 10  # documents in a transaction: SQLite's one writer is not to be waited for

Came = Sequence[tuple[Source, Arrival]]
Read = Sequence[tuple[Source, Arrival, Reading]]
Claim = Callable[[int], Collection[Source]]
"""Leases so many sources at most; none when nothing is due."""

outage = Outage()


def crawl(claim: Claim, clock: Callable[[], datetime]) -> Iterator[Attempt]:
    """Crawl what `claim` gives, and more as places become free, until it has nothing left.

    Yields each attempt once it is stored.
    """
    ask_at = monotonic()
    with Arrivals() as arrivals:
        while True:
            has_room = arrivals.expected_count < AT_ONCE and monotonic() >= ask_at
            if has_room or not arrivals.expected_count:
                leased = claim(HELD - arrivals.expected_count)
                arrivals.bring(leased, clock())
                ask_at = monotonic() + (0 if leased else ASK_AGAIN_SECONDS)
            if not arrivals.expected_count:
                return
            came = arrivals.wait(ASK_AGAIN_SECONDS)
            if 0 < len(came) < TOGETHER and arrivals.expected_count:
                sleep(GATHER_SECONDS)
                came += arrivals.wait(0)
            yield from _counted(_store_all(came, clock()))
            bell.ring(at_once=not arrivals.expected_count)


def _counted(stored: Iterable[Attempt]) -> list[Attempt]:
    attempts = list(stored)
    for outcome, count in Counter(attempt.outcome for attempt in attempts).items():
        counts.CRAWLS.labels(outcome).inc(count)
    return attempts


def crawl_these(sources: Collection[Source], now: datetime) -> Iterator[Attempt]:
    """Crawl leased sources."""
    given = [sources]
    return crawl(lambda _: given.pop() if given else [], lambda: now)


def look(url: str, now: datetime) -> Arrival:
    """Fetch and read an address that is no source yet."""
    with Arrivals() as arrivals:
        arrivals.bring([Source(pk=0, url=url)], now)
        while not (came := arrivals.wait(ASK_AGAIN_SECONDS)):
            pass
    return came[0][1]


def _store_all(came: Came, now: datetime) -> Iterator[Attempt]:
    """Store arrivals: many in a transaction, and a failure by itself."""
    for source, arrival in came:
        failure = arrival.outcome if isinstance(arrival.outcome, Failure) else None
        is_reached = failure is None or not failure.is_unreached
        outage.note(source.host, is_reached=is_reached, now=now)
    failed = [one for one in came if isinstance(one[1].outcome, Failure)]
    read = [one for one in came if one[1].reading is not None]
    bare = [one for one in came if _is_bare(one[1])]
    yield from _together(bare, now, _store_bare)
    for at in range(0, len(read), TOGETHER):
        yield from _together(read[at : at + TOGETHER], now, _store_read)
    yield from _each(failed, now)


def _is_bare(arrival: Arrival) -> bool:
    return arrival.reading is None and not isinstance(arrival.outcome, Failure)


def _together(
    came: Came, now: datetime, store_them: Callable[[Came, datetime], Sequence[Attempt]]
) -> Iterator[Attempt]:
    try:
        yield from store_them(came, now)
    except Exception:  # one spoils it for all: each by itself, then
        log.exception("arrivals not stored together")
        yield from _each(came, now)


def _store_bare(came: Came, now: datetime) -> list[Attempt]:
    polls = [_answered(source, arrival, now) for source, arrival in came]
    fetches = store_unchanged(polls)
    _follow(polls)
    return fetches


def _store_read(came: Came, now: datetime) -> list[Attempt]:
    documents = _decided([(s, a, a.reading) for s, a in came if a.reading], now)
    fetches = store.store_documents(documents)
    _follow([document.answered for document in documents])
    return fetches


def _each(came: Came, now: datetime) -> Iterator[Attempt]:
    for source, arrival in came:
        if fetch := _store(source, arrival, now):
            yield fetch


def _store(source: Source, arrival: Arrival, now: datetime) -> Attempt | None:
    """Store an arrival, else that it failed, so that the source is left alone for a while."""
    for attempt in (arrival, BROKEN):
        try:
            return store_arrival(source, attempt, now)
        except store.LeaseLostError:
            log.warning("crawl taken over", extra={"source_id": source.pk})
            return None
        except Exception:  # a loop's boundary: one source must not cost the others theirs
            log.exception("crawl not stored", extra={"source_id": source.pk})
    return None


def store_arrival(source: Source, arrival: Arrival, now: datetime) -> Attempt:
    """Decide what an arrival means for its source, and store it. Raises LeaseLostError."""
    if isinstance(arrival.outcome, Failure):
        return _store_failure(source, arrival.outcome, now)
    came = [(source, arrival)]
    fetches = _store_bare(came, now) if arrival.reading is None else _store_read(came, now)
    if not fetches:
        raise store.LeaseLostError
    return fetches[0]


def _decided(came: Read, now: datetime) -> list[store.Decided]:
    known = known_articles([(source, reading.records) for source, _, reading in came])
    plans = [decide(reading, known.get(s.pk, ()), _state(s)) for s, _, reading in came]
    telling = [source for (source, _, _), plan in zip(came, plans, strict=True) if plan.new]
    recent = recent_dates(telling)
    decided = []
    for (source, arrival, reading), plan in zip(came, plans, strict=True):
        state = _with(_state(source), plan, recent.get(source.pk, ()), now)
        answered = _answered(source, arrival, now, state)
        decided.append(
            store.Decided(answered, reading, plan, state, arrival.body_key, arrival.parse_ms)
        )
    return decided


def _with(state: SourceState, plan: Plan, recent: Sequence[datetime], now: datetime) -> SourceState:
    """Count in the articles that this crawl brings."""
    if not plan.new:
        return state
    dates = [*(record.published_at or now for record in plan.new), *recent]
    latest = sorted(dates, reverse=True)[:RECENT]
    return state._replace(rhythm=schedule.rhythm(latest, now), newest_at=latest[0])


def _answered(
    source: Source, arrival: Arrival, now: datetime, state: SourceState | None = None
) -> Answered:
    answer, reading = arrival.outcome, arrival.reading
    assert not isinstance(answer, Failure)  # noqa: S101 - for the type checker: callers look
    wait = schedule.next_interval(
        state or _state(source),
        now=now,
        random=random(),  # noqa: S311 - jitter
        asked=schedule.asked_wait(answer.headers, reading, now),
        skip_hours=reading.skip_hours if reading else frozenset(),
    )
    return Answered(source, answer, now, now + wait, *_moved(source, answer, reading, now))


def _moved(
    source: Source, answer: Document | NotModified, reading: Reading | None, now: datetime
) -> tuple[str, datetime | None]:
    """Tell where answers redirect to, and since when if what we know was found there at first."""
    target = answer.moved_to
    if not target or target == source.url:
        return "", None
    if target == source.moved_to:
        return target, source.moved_at
    is_known = not reading or identities(reading.memory) & identities(bytes(source.memory))
    return target, now if is_known else None


def _follow(several: Iterable[Answered]) -> None:
    """Take a new address for a source's own where it has proved to be."""
    for answered in several:
        if moving.is_settled(answered.moved_at, answered.now):
            store.adopt(answered.source, urls.clean(answered.moved_to))


def _store_failure(source: Source, failure: Failure, now: datetime) -> Attempt:
    state = _state(source)
    verdict, wait = _judge(source, failure, state, now)
    fetch = store.store_failure(
        source,
        failure,
        verdict,
        now=now,
        next_fetch_at=now + wait,
        is_gone=schedule.is_gone(state, failure, now),
    )
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
        store.defer_host(source, now + wait)
    return fetch


def _judge(
    source: Source, failure: Failure, state: SourceState, now: datetime
) -> tuple[store.Verdict, timedelta]:
    """Tell whose fault it is, and when to come back.

    In an outage of ours nobody is blamed, but who never answered yet is told why.
    """
    wait = schedule.failure_wait(state, failure, random=random())  # noqa: S311 - jitter
    if failure.kind is FailureKind.BUSY:
        return store.Verdict.ASKED_TO_WAIT, wait
    if failure.is_unreached and source.first_crawled_at and outage.is_on(now):
        wait = jittered(PAUSE, 0.2, random())  # noqa: S311 - jitter
        store.pardon(outage.pardoned(now), next_fetch_at=now + wait)
        return store.Verdict.OUR_NETWORK, wait
    if failure.is_unreached:
        outage.blame(source.pk, now)
    return store.Verdict.FAULT, wait


def _state(source: Source) -> SourceState:
    fixed, rhythm = source.interval_seconds, source.rhythm_seconds
    return SourceState(
        is_first_crawl=source.first_crawled_at is None,
        failure_count=source.failure_count,
        gone_at=source.gone_at,
        interval=timedelta(seconds=fixed) if fixed else None,
        rhythm=None if rhythm is None else timedelta(seconds=rhythm),
        newest_at=source.newest_at,
        min_interval=settings.CRAWL_MIN_INTERVAL,
    )
