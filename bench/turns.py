"""Sources made due and seen crawled, from outside the processes that crawl them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.timezone import now

from bench.product import Crawler
from bench.usage import cpu_seconds
from news.models import Source, Topic

LOOK_SECONDS = 0.02  # a look is at one entry of an index: it costs the crawler 1 % of a core
MOST_SECONDS = 300
LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One crawl of some sources, from when they were due until all were stored."""

    seconds: float
    cpu_seconds: float


def add_sources(urls: Iterable[str], topic: str) -> QuerySet[Source]:
    """Make sources that are not due yet, in a topic of their own."""
    made, due = Topic.objects.create(slug=topic, name=topic), now() + LATER
    rows = [Source(**Source.identified_by(url), topic=made, next_fetch_at=due) for url in urls]
    Source.objects.bulk_create(rows, batch_size=500)
    return Source.objects.filter(topic=made)


def turn(crawler: Crawler, sources: QuerySet[Source]) -> Turn:
    """Make sources due, ring the bell, and wait until they are crawled; nothing else is due."""
    moment = now()
    sources.update(next_fetch_at=moment)
    begun, cpu = time.perf_counter(), cpu_seconds(*crawler.pids)
    crawler.ring()
    due = Source.objects.filter(next_fetch_at__lte=moment)
    wait_until(lambda: not due.exists())
    took = Turn(time.perf_counter() - begun, cpu_seconds(*crawler.pids) - cpu)
    late = sources.exclude(last_fetched_at__gte=moment, failure_count=0, leased_until=None)
    assert not late.exists(), late.values()[0]  # noqa: S101 - else it is no figure
    return took


def wait_until(is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not is_done():
        if time.monotonic() > end:
            raise TimeoutError(f"not done after {MOST_SECONDS} s")
        time.sleep(LOOK_SECONDS)
