from datetime import timedelta

import pytest

from news.models import Source
from news.tests.crawl.crawling import DAY, HOUR, crawl, feed_of
from news.tests.factories import NOW, make_source, rss
from newsnotify.lib.tests.servers import RESET, Answer, Reply, Server

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Answer(500), "500 Internal Server Error"),
        (Answer(404), "404 Not Found"),
        (Answer(503), "503 Service Unavailable"),
        (Answer(body=b"<html><p>Hello</p></html>"), "web page"),
        (Answer(body=b""), "empty"),
        (Answer(body=b'{"a": 1}'), "not a JSON Feed"),
        (RESET, "127.0.0.1"),
        (Answer(302, {"Location": "http://10.0.0.1/"}), "not at a public address"),
    ],
)
def test_crawl_notes_a_failure_when_nothing_usable_comes(
    server: Server, reply: Reply, words: str
) -> None:
    source = crawl(feed_of(server), reply, server)
    assert (source.status, source.failure_count) == ("failing", 1)
    assert words in source.last_error
    assert words in source.fetches.get().error


def test_crawl_waits_longer_each_time_when_failures_repeat(server: Server) -> None:
    source = feed_of(server)
    waits = [
        crawl(source, Answer(500), server, NOW + n * DAY).next_fetch_at - (NOW + n * DAY)
        for n in range(9)
    ]
    quarters = [wait / timedelta(minutes=15) for wait in waits]
    for n, quarter in enumerate(quarters):
        assert 0.8 <= quarter / min(2**n, 96) <= 1.2
    assert source.failure_count == 9


def test_crawl_forgets_failures_when_the_source_answers_again(server: Server) -> None:
    source = crawl(feed_of(server), Answer(500), server)
    crawl(source, Answer(body=rss()), server, NOW + HOUR)
    assert (source.status, source.last_error, source.failure_count) == ("ok", "", 0)


def test_crawl_moves_last_fetched_only_when_there_was_an_answer(server: Server) -> None:
    source = crawl(feed_of(server), RESET, server)
    assert source.last_fetched_at is None
    assert crawl(source, Answer(404), server, NOW + DAY).last_fetched_at == NOW + DAY


@pytest.mark.parametrize("status", [429, 503])
def test_crawl_waits_and_blames_nobody_when_asked_for_patience(server: Server, status: int) -> None:
    source = crawl(feed_of(server), Answer(status, {"Retry-After": "7200"}), server)
    assert (source.status, source.failure_count, source.last_error) == ("new", 0, "")
    assert source.next_fetch_at == source.deferred_until == NOW + 2 * HOUR
    assert source.fetches.get().outcome == "deferred"


@pytest.mark.parametrize(("status", "is_deferred"), [(429, True), (503, False)])
def test_crawl_leaves_the_whole_host_alone_when_it_says_429(
    server: Server, status: int, is_deferred: bool
) -> None:
    source = feed_of(server)
    neighbour = make_source(f"{server.url}/other", is_paused=True)
    elsewhere = make_source(is_paused=True)
    crawl(source, Answer(status, {"Retry-After": "7200"}), server)
    neighbour.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (neighbour.deferred_until == NOW + 2 * HOUR) == is_deferred
    assert elsewhere.deferred_until is None


def test_crawl_gives_a_source_up_when_410_is_seen_twice_a_day_apart(server: Server) -> None:
    source = feed_of(server)
    statuses = [crawl(source, Answer(410), server, NOW + n * DAY / 2).status for n in range(3)]
    assert statuses == ["failing", "failing", "gone"]
    assert not Source.objects.due(NOW + 365 * DAY).exists()
