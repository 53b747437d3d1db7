import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from news import services
from news.crawl import pipeline
from news.crawl.records import Document
from news.leases import claim
from news.models import Announcement, Article, Fetch, Source
from news.tests.crawl.crawling import DAY, HOUR, crawl, crawl_twice, feed_of
from news.tests.factories import NOW, item, items, make_source, rss
from newsnotify.lib.tests.servers import Answer, Reply, Request, Server

pytestmark = pytest.mark.django_db


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


def test_crawl_reads_the_summary_of_what_is_told_and_leaves_the_others_to_who_looks(
    server: Server,
) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(*items("a")), rss(*items("ba")), server)
    first, second = Article.objects.order_by("id").without_contents()
    assert (first.own_summary, first.head, first.summary) == (None, "Text.", "Text.")
    assert (second.own_summary, second.head, second.summary) == ("Text.", "", "Text.")
    assert Article.objects.get(pk=first.pk).summary == "Text."


def test_crawl_changes_nothing_when_an_article_is_written_otherwise_and_reads_the_same(
    server: Server,
) -> None:
    source = feed_of(server)
    old, new = (item("a", f"Text.&lt;img src='/pixel?{n}'&gt;") for n in (1, 2))
    crawl_twice(source, rss(old), rss(*items("b"), new), server)
    crawl(source, Answer(body=rss(*items("b"))), server, NOW + DAY)
    crawl(source, Answer(body=rss(*items("b"), new)), server, NOW + 2 * DAY)
    assert set(source.articles.values_list("title", "updated_at")) == {
        ("a", NOW),
        ("nb", NOW + HOUR),
    }
    assert sum(source.fetches.values_list("changed_count", flat=True)) == 0


def test_crawl_brings_nothing_back_when_a_deleted_article_is_written_otherwise(
    server: Server,
) -> None:
    source = feed_of(server)
    crawl(source, Answer(body=rss(*items("ab"))), server)
    Article.objects.filter(title="na").delete()
    again = item("na", extra="<comments>https://example.org/c</comments>")
    crawl(source, Answer(body=rss(*items("b"), again)), server, NOW + HOUR)
    assert announced() == []
    assert source.articles.get().title == "nb"


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


def test_arrival_has_let_its_body_go_when_it_was_read(server: Server) -> None:
    source, body = feed_of(server), rss(*items("a"))
    server.respond = lambda _: Answer(body=body)
    outcome = pipeline.look(source.url, NOW).outcome
    assert isinstance(outcome, Document)
    assert (outcome.body, outcome.size) == (b"", len(body))
    crawl(source, Answer(body=body), server)
    assert source.fetches.get().bytes == len(body)


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


def test_crawl_keeps_what_an_article_said_when_it_was_edited(server: Server) -> None:
    source = feed_of(server)
    crawl_twice(source, rss(item("a", "Old.")), rss(item("a", "New.")), server)
    [revision] = Article.objects.get().revisions.all()
    assert (revision.title, revision.summary) == ("a", "Old.")
    assert (revision.written_at, revision.replaced_at) == (NOW, NOW + HOUR)


def test_crawl_keeps_the_last_twenty_revisions_when_an_article_changes_all_the_time(
    server: Server,
) -> None:
    source = feed_of(server)
    for n in range(23):
        crawl(source, Answer(body=rss(item("a", f"Version {n}."))), server, NOW + n * HOUR)
    said = Article.objects.get().revisions.order_by("id").values_list("summary", flat=True)
    assert list(said) == [f"Version {n}." for n in range(2, 22)]


def test_crawl_cleans_and_looks_up_nothing_again_when_one_entry_is_new(server: Server) -> None:
    source = feed_of(server)
    crawl(source, Answer(body=rss(*items("ab"))), server)
    Article.objects.all().delete()  # what the last document had is not looked for
    crawl(source, Answer(body=rss(*items("cab"))), server, NOW + HOUR)
    assert list(Article.objects.values_list("title", flat=True)) == ["nc"]


def test_crawl_asks_without_validators_once_a_week(server: Server) -> None:
    headers = {"ETag": '"1"'}
    source = crawl(feed_of(server), Answer(headers=headers, body=rss(item("a"))), server)
    crawl(source, Answer(304), server, NOW + 6 * DAY)
    crawl(source, Answer(headers=headers, body=rss(item("a"))), server, NOW + 7 * DAY)
    crawl(source, Answer(304), server, NOW + 8 * DAY)
    asked = ["if-none-match" in request.headers for request in server.requests]
    assert asked == [False, True, False, True]
