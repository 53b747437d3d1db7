from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils.timezone import now as clock
from pytest_django.fixtures import Settings

from news import services
from news.models import Announcement, Fetch, Source, Topic
from news.tests.factories import NOW, items, make_source, make_topic, rss
from newsnotify.lib.errors import Conflict
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import RESET, Answer, Reply, Server

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FEED = Answer(headers={"ETag": '"1"', "Content-Type": "text/xml"}, body=rss(*items("ab")))
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server(lambda _: FEED) as running:
        yield running


def reason_against(url: str) -> str:
    with pytest.raises(ValidationError) as caught:
        services.add_source(url=url, topic=make_topic())
    assert not Source.objects.exists()
    [reason] = caught.value.message_dict["url"]
    return reason


def test_add_source_stores_the_first_crawl_when_it_checks(server: Server) -> None:
    source, is_new = services.add_source(url=f"{server.url}/feed", topic=make_topic("own"))
    assert (is_new, source.status, source.title, source.article_count) == (True, "ok", "A feed", 2)
    assert (source.lease, source.fetches.get().outcome) == ("", "new")
    assert not Announcement.objects.exists()
    assert len(server.requests) == 1


def test_add_source_finds_the_known_one_and_asks_nobody_when_url_is_spelt_otherwise(
    server: Server,
) -> None:
    known = make_source(f"{server.url}/feed")
    url = f"feed:{server.url.upper()}/x/../feed#top"
    assert services.add_source(url=url, topic=make_topic()) == (known, False)
    assert server.requests == []


def test_add_source_takes_the_feed_that_a_page_names_when_given_a_page(server: Server) -> None:
    server.respond = lambda request: FEED if request.path == "/feed" else Answer(body=PAGE)
    source, is_new = services.add_source(url=f"{server.url}/blog", topic=make_topic())
    assert (source.url, source.article_count, is_new) == (f"{server.url}/feed", 2, True)
    again = services.add_source(url=f"{server.url}/blog", topic=make_topic())
    assert again == (source, False)
    assert [request.path for request in server.requests] == ["/blog", "/feed", "/blog"]


def test_add_source_asks_nobody_when_it_does_not_check(server: Server) -> None:
    source, is_new = services.add_source(url=server.url, topic=make_topic(), check=False)
    assert (is_new, source.status, source.url) == (True, "new", f"{server.url}/")
    assert server.requests == []
    assert services.add_source(url=server.url, check=False) == (source, False)


def test_source_is_failing_after_its_crawl_when_added_unchecked_and_no_feed(server: Server) -> None:
    server.respond = lambda _: Answer(body=b"<html></html>")
    source, _ = services.add_source(url=server.url, topic=make_topic(), check=False)
    services.crawl_due()
    source.refresh_from_db()
    assert (source.status, source.last_error) == ("failing", "This is a web page, not a feed.")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Answer(500), "500 Internal Server Error"),
        (Answer(429), "429 Too Many Requests"),
        (Answer(body=b"<html></html>"), "web page"),
        (Answer(body=b""), "empty"),
        (Answer(body=b"<rss"), "nothing in it can be read"),
        (Answer(body=PAGE), "web page"),
        (RESET, "127.0.0.1"),
        (Answer(302, {"Location": "http://10.0.0.1/"}), "not at a public address"),
    ],
)
def test_add_source_tells_the_reason_when_no_feed_comes(
    server: Server, reply: Reply, words: str
) -> None:
    server.respond = lambda _: reply
    assert words in reason_against(server.url)


def test_add_source_stops_reading_when_a_document_has_fifty_megabytes(server: Server) -> None:
    sent = 0

    def stream() -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss>"
        for _ in range(50):
            yield b" " * 1024**2
            sent += 1

    server.respond = lambda _: stream()
    assert "sent over 10,485,760 bytes" in reason_against(server.url)
    assert sent < 30


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://no-such-host.invalid/", "not known to the DNS"),
        ("http://10.0.0.1/feed", "not at a public address"),
        ("http://169.254.169.254/latest", "not at a public address"),
        ("http://[::1]/", "not at a public address"),
        ("ftp://example.org/", "must begin with https://"),
        ("nonsense", "must begin with https://"),
        ("http://example.org/" + "é" * 400, "2000 characters"),
    ],
)
def test_add_source_tells_the_reason_when_an_address_is_no_good(url: str, words: str) -> None:
    assert words in reason_against(url)


def test_crawl_due_goes_on_until_nothing_is_due_when_a_host_has_many(server: Server) -> None:
    for n in range(5):
        make_source(f"{server.url}/{n}")
    make_source(f"http://localhost:{server.port}/")
    assert services.crawl_due(lambda: NOW) == 6
    assert len({(request.headers["host"], request.path) for request in server.requests}) == 6
    assert not Source.objects.due(NOW).exists()


def test_crawl_due_does_nothing_when_nothing_is_due(server: Server) -> None:
    make_source(server.url, next_fetch_at=NOW + HOUR)
    assert services.crawl_due(lambda: NOW) == 0
    assert server.requests == []


def test_crawl_all_crawls_each_once_when_a_host_has_many(server: Server) -> None:
    for n in range(5):
        make_source(f"{server.url}/{n}", next_fetch_at=NOW + 9999 * HOUR)
    fetches = list(services.crawl_all(Source.objects.all()))
    assert len({fetch.source.pk for fetch in fetches}) == len(fetches) == 5


def test_crawl_now_notes_every_attempt_when_nothing_changed(server: Server) -> None:
    source, _ = services.add_source(url=f"{server.url}/feed", topic=make_topic())
    server.respond = lambda _: Answer(304)
    source, is_crawled = services.crawl_now(source=source)
    assert is_crawled
    assert list(source.fetches.order_by("id").values_list("outcome", "http_status")) == [
        ("new", 200),
        ("not_modified", 304),
    ]


@pytest.mark.parametrize("why", ["is_paused", "deferred_until", "leased_until"])
@pytest.mark.parametrize("force", [True, False])
def test_crawl_now_defers_unless_forced_when_it_should_wait(
    server: Server, why: str, force: bool
) -> None:
    value = True if why == "is_paused" else clock() + HOUR
    source = make_source(server.url, **{why: value})
    _, is_crawled = services.crawl_now(source=source, force=force)
    assert is_crawled == (force and why != "leased_until")
    assert len(server.requests) == is_crawled


def test_crawl_now_defers_when_the_host_asks_for_patience_now(server: Server) -> None:
    server.respond = lambda _: Answer(503, {"Retry-After": "60"})
    source, is_crawled = services.crawl_now(source=make_source(server.url))
    assert not is_crawled
    assert source.deferred_until == source.next_fetch_at


def test_crawl_now_clears_the_deferral_when_a_forced_crawl_succeeds(server: Server) -> None:
    source = make_source(server.url, deferred_until=clock() + HOUR)
    source, _ = services.crawl_now(source=source, force=True)
    assert source.deferred_until is None


def test_change_source_leaves_other_columns_alone_when_a_crawl_wrote_them() -> None:
    stale = make_source()
    Source.objects.update(failure_count=5, lease="a worker's")
    services.change_source(source=stale, title="New")
    fresh = Source.objects.get()
    assert (fresh.title, fresh.failure_count, fresh.lease) == ("New", 5, "a worker's")


@pytest.mark.parametrize("was_paused", [True, False])
def test_change_source_makes_the_next_crawl_quiet_only_when_it_was_paused(was_paused: bool) -> None:
    source = make_source(is_paused=was_paused, first_crawled_at=NOW)
    services.change_source(source=source, is_paused=False)
    assert (Source.objects.get().first_crawled_at is None) == was_paused


@pytest.mark.parametrize("is_deferred", [True, False])
def test_change_source_brings_the_next_crawl_forward_when_the_host_allows(
    is_deferred: bool,
) -> None:
    later = clock() + 6 * HOUR
    source = make_source(next_fetch_at=later, deferred_until=later if is_deferred else None)
    services.change_source(source=source, interval_seconds=60)
    assert (Source.objects.get().next_fetch_at == later) == is_deferred


def test_delete_topic_needs_another_when_it_has_sources() -> None:
    topic, other = make_topic(), make_topic()
    source = make_source(topic=topic)
    with pytest.raises(Conflict, match=r"\?into=slug"):
        services.delete_topic(topic=topic, into=None)
    services.delete_topic(topic=topic, into=other)
    source.refresh_from_db()
    assert source.topic == other
    assert not Topic.objects.filter(slug=topic.slug).exists()


def test_prune_forgets_attempts_when_they_are_a_month_old() -> None:
    source = make_source()
    for days in (0, 29, 31):
        at = NOW - timedelta(days=days)
        Fetch.objects.create(source=source, outcome="new", started_at=at)
    assert services.prune(NOW) == 1
    assert Fetch.objects.count() == 2
