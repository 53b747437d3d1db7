"""Whether others wait while a host with very many sources takes its time."""

import statistics
import sys
import time
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from bench import hosts, servers, slow_host
from bench.figures import figure, size
from bench.product import Crawler
from bench.turns import LATER, add_sources, wait_until
from news.models import Source

SLOW = size(1_000, 10_000)
OTHERS = 100
ROUNDS = 5


def measure(crawler: Crawler, sources: QuerySet[Source], settings: dict[str, Any]) -> None:
    """Crawl some sources alone, then while the slow host's are due and being crawled."""
    others = Source.objects.filter(pk__in=list(sources.values_list("pk", flat=True)[:OTHERS]))
    port = servers.free_port()
    with servers.process([sys.executable, "-m", "bench.slow_host", str(port)]):
        urls = (f"http://{slow_host.ADDRESS}:{port}/{number}" for number in range(SLOW))
        slow = add_sources(urls, "slow")
        alone = [_seconds(crawler, others) for _ in range(ROUNDS)]
        beside = [_seconds(crawler, others, beside=slow)]
        for number in range(1, ROUNDS):
            # At another moment of the two seconds that an answer takes.
            time.sleep(slow_host.WAIT_SECONDS * (1 + number / ROUNDS))
            beside.append(_seconds(crawler, others))
        told = hosts.told(slow_host.ADDRESS, port)
        _leave(slow)
    settings = {
        "slow_sources": SLOW,
        "others": OTHERS,
        "alone_seconds": [round(seconds, 3) for seconds in alone],
        "beside_seconds": [round(seconds, 3) for seconds in beside],
        "slow_requests": told["requests"],
        "slow_at_once": told["at_once"],
        **settings,
    }
    delay = max(beside) - statistics.median(alone)
    figure(f"crawl.{connection.vendor}.slow_host_delay", delay, "s", **settings)


def _seconds(
    crawler: Crawler, others: QuerySet[Source], beside: QuerySet[Source] | None = None
) -> float:
    """Make sources due, those of the slow host before them, and wait for the others alone."""
    moment = now()
    with transaction.atomic():
        if beside is not None:
            beside.update(next_fetch_at=moment - LATER)
        others.update(next_fetch_at=moment)
    begun = time.perf_counter()
    crawler.ring()
    left = others.exclude(last_fetched_at__gte=moment)
    wait_until(lambda: not left.exists())
    return time.perf_counter() - begun


def _leave(slow: QuerySet[Source]) -> None:
    """Let nobody crawl the rest, and wait for what is under way."""
    slow.filter(last_fetched_at=None).update(next_fetch_at=now() + LATER)
    wait_until(lambda: not slow.exclude(leased_until=None).exists())
