from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from news import services
from news.crawl.moving import https_twin, is_settled
from news.models import Source
from news.tests.crawl.crawling import HOUR, crawl, feed_of
from news.tests.factories import NOW, item, make_source, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Reply, Request, Server

Respond = Callable[[Request], Reply]


@pytest.mark.parametrize(
    ("url", "twin"),
    [
        ("http://a.example/feed?x=1", "https://a.example/feed?x=1"),
        ("http://a.example:80/feed", "https://a.example/feed"),
        ("http://me:pw@a.example/", "https://me:pw@a.example/"),
        ("http://a.example:8080/feed", ""),
        ("https://a.example/feed", ""),
    ],
)
def test_twin_is_the_same_address_by_https_when_it_is_plain(url: str, twin: str) -> None:
    assert https_twin(url) == twin


@pytest.mark.parametrize(("hours", "expected"), [(None, False), (23, False), (24, True)])
def test_redirect_is_settled_when_a_day_has_said_nothing_else(
    hours: int | None, expected: bool
) -> None:
    since = None if hours is None else NOW - timedelta(hours=hours)
    assert is_settled(since, NOW) is expected


def moving(server: Server, target: str, body: bytes, status: int = 301) -> Respond:
    def respond(request: Request) -> Reply:
        if request.path == target:
            return Answer(body=body)
        return Answer(status, {"Location": target})

    return respond


def crawl_moving(source: Source, respond: Respond, server: Server, at: datetime) -> Source:
    server.respond = respond
    Source.objects.update(next_fetch_at=at)
    services.crawl_due(lambda: at)
    source.refresh_from_db()
    return source


@pytest.mark.django_db
def test_crawl_adopts_a_permanent_redirect_when_it_stays_for_a_day(server: Server) -> None:
    source = crawl(feed_of(server), Answer(body=rss(item("a"))), server)
    for hours in (1, 12, 24):
        crawl_moving(
            source,
            moving(server, "/new", rss(item("a"), title=str(hours))),
            server,
            NOW + hours * HOUR,
        )
        assert source.url == f"{server.url}/feed"
    respond = moving(server, "/new", rss(item("a"), title="25"))
    assert crawl_moving(source, respond, server, NOW + 25 * HOUR).url == f"{server.url}/new"
    assert Source.objects.filter(**Source.identified_by(f"{server.url}/new")).get() == source


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "body"),
    [(302, rss(item("a"))), (301, rss(item("parked")))],
    ids=["temporary", "another feed"],
)
def test_crawl_keeps_its_address_when_a_redirect_is_not_to_be_believed(
    server: Server, status: int, body: bytes
) -> None:
    source = crawl(feed_of(server), Answer(body=rss(item("a"))), server)
    for hours in (1, 26, 52):
        respond = moving(server, "/new", body + b"<!-- %d -->" % hours, status)
        crawl_moving(source, respond, server, NOW + hours * HOUR)
    assert source.url == f"{server.url}/feed"


@pytest.mark.django_db
def test_crawl_keeps_its_address_when_another_source_has_the_new_one(server: Server) -> None:
    source = crawl(feed_of(server), Answer(body=rss(item("a"))), server)
    make_source(f"{server.url}/new", is_paused=True)
    for hours in (1, 26):
        respond = moving(server, "/new", rss(item("a"), title=str(hours)))
        crawl_moving(source, respond, server, NOW + hours * HOUR)
    assert (source.url, source.status) == (f"{server.url}/feed", "ok")


@pytest.mark.django_db
@pytest.mark.parametrize(("failure_count", "is_tried"), [(1, False), (2, True)])
def test_crawl_tries_https_when_nobody_answers_at_port_80_again_and_again(
    settings: Settings, failure_count: int, is_tried: bool
) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.0/8")
    source = make_source("http://127.7.9.1/feed", failure_count=failure_count)
    with Server(host="127.7.9.1", port=443) as server:
        services.crawl_due(lambda: NOW)
    source.refresh_from_db()
    assert bool(server.connection_count) is is_tried
    assert "127.7.9.1" in source.last_error
    assert "80" in source.last_error
