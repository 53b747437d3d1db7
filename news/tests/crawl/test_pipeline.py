import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from news import services
from news.crawl import pipeline
from news.leases import claim
from news.models import Announcement, Article, Fetch, Source
from news.tests.factories import NOW, item, items, make_source, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import RESET, Answer, Reply, Request, Server

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server() as running:
        yield running


def feed_of(server: Server, **fields: Any) -> Source:
    return make_source(f"{server.url}/feed", **fields)


def crawl(source: Source, reply: Reply, server: Server, at: datetime = NOW) -> Source:
    """Let the server answer so, and crawl the source once."""
    server.respond = lambda _: reply
    Source.objects.update(next_fetch_at=at)
    services.crawl_due(lambda: at)
    source.refresh_from_db()
    return source


def crawl_twice(source: Source, first: bytes, second: bytes, server: Server) -> None:
    for number, body in enumerate((first, second)):
        crawl(source, Answer(body=body), server, NOW + number * HOUR)


def announced() -> list[str]:
    rows = Announcement.objects.order_by("id")
    return [row.article.title if row.article else f"{row.count} articles" for row in rows]


def test_crawl_stores_and_tells_nobody_when_it_is_the_first(server: Server) -> None:
    source = crawl(feed_of(server), Answer(body=rss(*items("ab"))), server)
    assert source.articles.count() == source.article_count == 2
    assert (source.status, source.title, source.site_url) == (
        "ok",
        "A feed",
        "https://example.org/",
    )
    assert (source.first_crawled_at, source.last_fetched_at) == (NOW, NOW)
    assert source.next_fetch_at > NOW
    assert announced() == []


def test_crawl_announces_only_what_is_new_when_it_is_the_second(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(*items("ab")), rss(*items("dcab")), server)
    assert announced() == ["nc", "nd"]  # the lower one in a document is the older
    assert list(source.fetches.order_by("id").values_list("outcome", "new_count")) == [
        ("new", 2),
        ("new", 2),
    ]


def test_crawl_announces_nothing_more_when_the_same_comes_again(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(*items("a")), rss(*items("ab")), server)
    crawl(source, Answer(body=rss(*items("ab"), title="Same")), server, NOW + DAY)
    assert announced() == ["nb"]


@pytest.mark.parametrize(("count", "told"), [(20, 20), (21, 1)])
def test_crawl_tells_a_burst_as_one_when_more_than_twenty_are_new(
    server: Server, count: int, told: int
) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(), rss(*items(range(count))), server)
    assert source.articles.count() == count
    assert len(announced()) == told
    assert (announced() == ["21 articles"]) == (told == 1)


def test_crawl_updates_and_tells_nobody_when_an_article_changed(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(item("a", "Old.")), rss(item("a", "New.")), server)
    article = Article.objects.get()
    assert (article.summary, article.first_seen_at) == ("New.", NOW)
    assert article.updated_at == NOW + HOUR
    assert announced() == []
    assert source.fetches.latest("id").changed_count == 1


def test_crawl_keeps_the_article_and_tells_nobody_when_its_guid_flips(server: Server) -> None:
    crawl_twice(feed_of(server), rss(item("a")), rss(item("a", guid="other")), server)
    assert Article.objects.count() == 1
    assert announced() == []


def test_crawl_tells_nobody_when_an_article_leaves_and_returns(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(*items("ab")), rss(*items("b")), server)
    crawl(source, Answer(body=rss(*items("ab"))), server, NOW + DAY)
    assert source.articles.count() == 2
    assert announced() == []


def test_crawl_announces_when_what_is_new_is_dated_years_ago(server: Server) -> None:
    old = item("old", extra="<pubDate>Mon, 01 Jan 2001 00:00:00 GMT</pubDate>")
    crawl_twice(feed_of(server), rss(*items("a")), rss(*items("a"), old), server)
    assert announced() == ["old"]


def test_crawl_sends_validators_back_when_it_has_them(server: Server) -> None:
    headers = {"ETag": 'W/"1"', "Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
    source = crawl(feed_of(server), Answer(headers=headers, body=rss()), server)
    crawl(source, Answer(304), server, NOW + HOUR)
    sent = server.requests[1].headers
    assert sent["if-none-match"] == 'W/"1"'
    assert sent["if-modified-since"] == "Sun, 01 Mar 2026 00:00:00 GMT"


def test_crawl_writes_the_source_alone_when_nothing_changed(server: Server) -> None:
    source = crawl(feed_of(server), Answer(headers={"ETag": '"1"'}, body=rss(item("a"))), server)
    with CaptureQueriesContext(connection) as queries:
        crawl(source, Answer(304), server, NOW + HOUR)
    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(written) == 3  # this test's own, the lease, and what the poll brought
    assert all(sql.startswith("UPDATE") and "news_source" in sql for sql in written)
    assert (source.last_fetched_at, Fetch.objects.count()) == (NOW + HOUR, 1)


def test_crawl_reads_nothing_again_when_the_body_is_the_same(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(item("a")), rss(item("a")), server)
    assert (source.last_fetched_at, Fetch.objects.count()) == (NOW + HOUR, 1)


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


def test_crawl_writes_nothing_when_another_worker_took_over(server: Server) -> None:
    source = feed_of(server)
    server.respond = lambda _: Answer(body=rss(*items("ab")))
    [leased] = claim(Source.objects.due(NOW), NOW, 10)
    Source.objects.update(lease="somebody else's")
    assert list(pipeline.crawl_these([leased], NOW)) == []
    source.refresh_from_db()
    assert (source.lease, source.last_fetched_at) == ("somebody else's", None)
    assert not Article.objects.exists()
    assert not Fetch.objects.exists()


REFUSALS = {
    "sqlite": "BEGIN SELECT RAISE(FAIL, 'no'); END",
    "mysql": "FOR EACH ROW SIGNAL SQLSTATE '45000'",
}


@pytest.fixture
def refusal(transactional_db: None) -> Iterator[None]:
    """Let the database refuse every article; on MySQL a trigger ends the transaction."""
    what = REFUSALS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON news_article {what}")
        yield
        cursor.execute("DROP TRIGGER refuse")


@pytest.mark.usefixtures("refusal")
def test_crawl_backs_off_when_the_database_refuses_an_article(server: Server) -> None:
    source = crawl(feed_of(server), Answer(body=rss(*items("a"))), server)
    assert (source.status, source.last_error) == ("failing", "What came cannot be read and stored.")
    assert source.next_fetch_at > NOW
    assert source.lease == ""


def test_crawl_stores_the_others_when_one_source_cannot_be_stored(server: Server) -> None:
    server.respond = lambda _: Answer(body=rss(*items("ab")))
    impossible = feed_of(server, interval_seconds=2**31 - 1)
    good = make_source(f"{server.url}/good")
    leased = claim(Source.objects.due(NOW), NOW, 10)
    next(source for source in leased if source == impossible).interval_seconds = 10**15
    assert [fetch.source for fetch in pipeline.crawl_these(leased, NOW)] == [good]
    assert good.articles.count() == 2


def test_crawl_stores_the_quick_ones_first_when_another_is_slow(server: Server) -> None:
    quick_is_stored = threading.Event()

    def respond(request: Request) -> Reply:
        if request.path == "/feed":
            quick_is_stored.wait(20)
        return Answer(body=rss(item("a")))

    server.respond = respond
    slow, quick = feed_of(server), make_source(f"{server.url}/quick")
    order = []
    for fetch in pipeline.crawl_these(claim(Source.objects.due(NOW), NOW, 10), NOW):
        order.append(fetch.source)
        quick_is_stored.set()
    assert order == [quick, slow]


def test_crawl_is_quiet_once_when_the_source_is_taken_up_again(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(*items("a")), rss(*items("a")), server)
    services.change_source(source=source, is_paused=True)
    services.change_source(source=source, is_paused=False)
    crawl(source, Answer(body=rss(*items("abc"))), server, NOW + DAY)
    assert announced() == []
    crawl(source, Answer(body=rss(*items("abcd"))), server, NOW + 2 * DAY)
    assert announced() == ["nd"]


@pytest.mark.parametrize("reply", [Answer(304), Answer(body=rss(*items("a")))])
def test_crawl_speaks_again_when_nothing_came_during_the_pause(
    server: Server, reply: Answer
) -> None:
    headers = {"ETag": '"1"'}
    source = crawl(feed_of(server), Answer(headers=headers, body=rss(*items("a"))), server)
    services.change_source(source=source, is_paused=True)
    services.change_source(source=source, is_paused=False)
    crawl(source, reply, server, NOW + HOUR)
    crawl(source, Answer(body=rss(*items("ab"))), server, NOW + DAY)
    assert announced() == ["nb"]
