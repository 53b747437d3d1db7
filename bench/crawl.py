"""Sources crawled by the product as it is run, from a server that shares its cores.

All new, then nothing new, then one new entry each, beside other crawlers on the same feeds; what
is written when there is nothing new; and whether a slow host keeps the others waiting.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bench import hosts, patience, product, servers, written
from bench.figures import figure, size
from bench.publisher import host
from bench.race import Race
from bench.rows import database_settings
from bench.turns import add_sources, turn, wait_until
from bench.usage import cpu_seconds, peak_bytes
from news.models import Announcement, Article, Source
from notifications.models import Event

SOURCES = size(200, 1_000)
WARMING_UP = 8  # that find connections made and parsers started; they do not count
POLLS = 3
EDITIONS = (2, 3, 4)  # of the feeds, each with one new entry more


def main() -> None:
    port, count = servers.free_port(), SOURCES + WARMING_UP
    command = [sys.executable, "-m", "bench.publisher", str(count), str(port)]
    with servers.process(command) as server, servers.folder() as where, product.crawler() as ours:
        servers.wait_for(port)
        urls = [f"http://{host(number)}:{port}/{number}" for number in range(count)]
        turn(ours, add_sources(urls[SOURCES:], "warming-up"))
        Bench(ours, server.pid, port).run(urls[:SOURCES], where)


class Bench:
    def __init__(self, crawler: product.Crawler, server: int, port: int) -> None:
        self._crawler, self._server, self._port = crawler, server, port
        self._name, self._edition = f"crawl.{connection.vendor}", 1
        sizes = {key: value for key, value in self._told().items() if key.startswith("mean")}
        self._settings: dict[str, Any] = {"sources": SOURCES, **sizes, **database_settings()}

    def run(self, urls: list[str], where: Path) -> None:
        race, sources = Race(self._name, urls, self._port, where), add_sources(urls, "bench")
        cold = self._crawl("cold", sources, status="200")
        entries = self._told()["entries"]
        assert Article.objects.count() == entries, entries  # noqa: S101 - else it is no figure
        race.run_cold()
        race.compare("cold", cold, self._settings)
        unchanged = self._crawl("unchanged", sources, status="304", editions=(1,) * POLLS)
        race.run_again()
        race.compare("unchanged", unchanged, self._settings)
        self._count_writes(sources)
        self._crawl("changed", sources, status="200", editions=EDITIONS)
        added = Article.objects.count() - entries
        assert added == SOURCES * len(EDITIONS), added  # noqa: S101 - the same
        self._await_fan_out()
        peak = peak_bytes(*self._crawler.pids)
        figure(f"{self._name}.peak_memory", peak / 2**20, "MiB", **self._settings)
        patience.measure(self._crawler, sources, database_settings())

    def _crawl(
        self, name: str, sources: QuerySet[Source], *, status: str, editions: Sequence[int] = (1,)
    ) -> float:
        """Crawl all, each edition of the feeds in turn; say how fast in the median, return that."""
        before = self._answers()
        turns = sorted((self._turn(sources, each) for each in editions), key=lambda each: each[0])
        answers = self._answers() - before
        assert answers == {status: SOURCES * len(editions)}, answers  # noqa: S101 - the same
        seconds, cpu, server_cpu = turns[len(editions) // 2]
        server_ms = round(server_cpu / SOURCES * 1000, 3)
        more = {"seconds": round(seconds, 3), "server_cpu_ms_a_feed": server_ms}
        settings: dict[str, Any] = {**more, **self._settings}
        name, rate = f"{self._name}.{name}", SOURCES / seconds
        figure(name, rate, "feeds/s", **settings)
        figure(f"{name}.cpu", cpu / SOURCES * 1000, "ms a feed", **settings)
        return rate

    def _turn(self, sources: QuerySet[Source], edition: int) -> tuple[float, float, float]:
        """Crawl an edition; say how long it took, our seconds of computing and the server's."""
        if edition != self._edition:
            self._told(f"version/{edition}")
            self._edition = edition
        begun = cpu_seconds(self._server)
        took = turn(self._crawler, sources)
        return took.seconds, took.cpu_seconds, cpu_seconds(self._server) - begun

    def _await_fan_out(self) -> None:
        """Let the process come to rest: it tells of what it has stored, though nobody follows."""
        begun = time.perf_counter()
        waiting = Event.objects.filter(fanned_out_at=None)
        wait_until(lambda: not Announcement.objects.exists() and not waiting.exists())
        took = time.perf_counter() - begun
        figure(f"{self._name}.changed.fanned_out_after", took, "s", **self._settings)

    def _count_writes(self, sources: QuerySet[Source]) -> None:
        """Say how many rows a poll writes that finds nothing new, and which."""
        with written.counted() as found:
            turn(self._crawler, sources)
        found.writes["news_source.update"] -= SOURCES  # ours, which made them due
        each = {name: count / SOURCES for name, count in found.writes.items()}
        rows = found.row_count / SOURCES
        name = f"{self._name}.rows_written"
        figure(name, rows, "rows a source", writes_a_source=each, **self._settings)

    def _answers(self) -> Counter[str]:
        return Counter(self._told()["answers"])

    def _told(self, path: str = "served") -> dict[str, Any]:
        return hosts.told("127.0.0.1", self._port, path)
