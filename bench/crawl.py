"""A thousand sources crawled as a worker does it: all new, then nothing new."""

import asyncio
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import orjson
from django.db import connection
from django.utils.timezone import now

from bench import plain_crawl, servers
from bench.figures import figure, size
from bench.publisher import host
from bench.rows import database_settings
from bench.usage import cpu_seconds, peak_bytes
from news import services
from news.models import Article, Source, Topic

SOURCES = size(200, 1_000)


def main() -> None:
    port = servers.free_port()
    command = [sys.executable, "-m", "bench.publisher", str(SOURCES), str(port)]
    with servers.process(command):
        servers.wait_for(port)
        _measure([f"http://{host(number)}:{port}/{number}" for number in range(SOURCES)], port)


def _measure(urls: list[str], port: int) -> None:
    settings = {
        "sources": SOURCES,
        "mean_bytes": _served(port)["mean_bytes"],
        **database_settings(),
    }
    topic = Topic.objects.create(slug="bench", name="Bench")
    for url in urls:
        Source.objects.create(**Source.identified_by(url), topic=topic)
    tags: dict[str, str] = {}
    peak = 0  # ours, so it is asked before the peer has run in this process
    for name, status in (("cold", "200"), ("unchanged", "304")):
        Source.objects.update(next_fetch_at=now())
        found = _taking(services.crawl_what_is_due)
        peak = peak or peak_bytes()
        peer = _taking(lambda: asyncio.run(plain_crawl.crawl(urls, tags)))
        assert _served(port)["answers"][status] == 2 * SOURCES, _served(port)  # noqa: S101 - else it is no figure
        _say(name, found, peer, settings)
    assert Article.objects.exists()  # noqa: S101 - the same
    figure(f"crawl.{connection.vendor}.peak_memory", peak / 2**20, "MiB", **settings)


def _say(
    name: str,
    found: tuple[float, float],
    peer: tuple[float, float],
    settings: dict[str, Any],
) -> None:
    name = f"crawl.{connection.vendor}.{name}"
    rates = [SOURCES / taken[0] for taken in (found, peer)]
    cpu_ms = [taken[1] / SOURCES * 1000 for taken in (found, peer)]
    plain = "aiohttp and feedparser, nothing stored"
    figure(
        name, rates[0], "feeds/s", ratio=rates[0] / rates[1], peer=f"{plain}: {rates[1]:.0f}",
        **settings,
    )  # fmt: skip
    figure(
        f"{name}.cpu", cpu_ms[0], "ms a feed", ratio=cpu_ms[0] / cpu_ms[1],
        peer=f"{plain}: {cpu_ms[1]:.2f}", **settings,
    )  # fmt: skip


def _taking(do: Callable[[], object]) -> tuple[float, float]:
    """Do it; returns the seconds by the clock and of CPU."""
    begun, cpu = time.perf_counter(), cpu_seconds()
    do()
    return time.perf_counter() - begun, cpu_seconds() - cpu


def _served(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/served") as answer:
        found: dict[str, Any] = orjson.loads(answer.read())
    return found
