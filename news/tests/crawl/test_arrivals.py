"""Documents between their fetch and who stores them, with a parser that can be held."""

import threading
from time import monotonic
from typing import Any

import pytest

from news.crawl import arrivals
from news.crawl.arrivals import PARSERS, Arrivals
from news.models import Source
from news.tests.factories import NOW, item, rss
from newsnotify.lib.tests.servers import Answer, Request, Server
from newsnotify.tests.processes import until

WAIT_SECONDS = 20


class HeldSandbox:
    """The real one, whose calls wait at a gate."""

    def __init__(self, events: list[str]) -> None:
        self.gate, self.held_count, self._events = threading.Event(), 0, events

    def run(self, *call: Any) -> Any:
        self.held_count += 1
        assert self.gate.wait(WAIT_SECONDS)
        reading = arrivals_sandbox.run(*call)
        self._events.append("read")
        return reading


arrivals_sandbox = arrivals.sandbox


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, events: list[str]) -> HeldSandbox:
    monkeypatch.setattr(arrivals, "sandbox", sandbox := HeldSandbox(events))
    return sandbox


@pytest.fixture
def publisher(server: Server, events: list[str]) -> Server:
    def publish(_: Request) -> Answer:
        events.append("asked")
        return Answer(body=rss(item("a")))

    server.respond = publish
    return server


def sources(server: Server, count: int) -> list[Source]:
    return [Source(pk=number, url=f"{server.url}/{number}") for number in range(count)]


def wait_for(arriving: Arrivals) -> list[str]:
    end, came = monotonic() + WAIT_SECONDS, []
    while arriving.expected_count and monotonic() < end:
        came += [source.url for source, _ in arriving.wait(0.1)]
    return came


def test_fetching_goes_on_while_documents_wait_for_a_parser(
    monkeypatch: pytest.MonkeyPatch, publisher: Server, held: HeldSandbox, events: list[str]
) -> None:
    monkeypatch.setattr(arrivals, "AT_ONCE", 1)
    with Arrivals() as arriving:
        arriving.bring(wanted := sources(publisher, 5), NOW)
        until(lambda: events == ["asked"] * 5, seconds=WAIT_SECONDS)
        held.gate.set()
        assert sorted(wait_for(arriving)) == [source.url for source in wanted]


def test_fetching_waits_for_the_parser_when_too_much_is_unread(
    monkeypatch: pytest.MonkeyPatch, publisher: Server, held: HeldSandbox, events: list[str]
) -> None:
    monkeypatch.setattr(arrivals, "AT_ONCE", 1)
    monkeypatch.setattr(arrivals, "MOST_UNREAD_BYTES", 0)
    held.gate.set()
    with Arrivals() as arriving:
        arriving.bring(sources(publisher, 5), NOW)
        wait_for(arriving)
    assert events == ["asked", "read"] * 5


def test_nothing_more_is_read_when_nobody_waits_for_it(
    publisher: Server, held: HeldSandbox, events: list[str]
) -> None:
    with Arrivals() as arriving:
        arriving.bring(sources(publisher, PARSERS + 3), NOW)
        until(lambda: events == ["asked"] * (PARSERS + 3) and held.held_count == PARSERS)
        until(lambda: arrivals._parsers._work_queue.qsize() == 3)
    held.gate.set()
    arrivals._parsers.submit(int).result(WAIT_SECONDS)  # stands behind them all
    until(lambda: events.count("read") == PARSERS)
    assert held.held_count == PARSERS
