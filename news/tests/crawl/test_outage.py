from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from news import services
from news.crawl import pipeline
from news.crawl.outage import LATELY, MANY, Outage
from news.models import Source
from news.tests.crawl.crawling import DAY, feed_of
from news.tests.factories import NOW, item, make_source, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server

LATER = NOW + LATELY + timedelta(seconds=1)


def outage(unreached: int, reached: int) -> Outage:
    found = Outage()
    for n in range(unreached):
        found.note(f"{n}.away.example", is_reached=False, now=NOW)
    for n in range(reached):
        found.note(f"{n}.here.example", is_reached=True, now=NOW)
    return found


@pytest.mark.parametrize(
    ("unreached", "reached", "is_ours"),
    [
        (MANY, 0, True),
        (MANY, MANY - 1, True),
        (MANY, MANY, False),  # half is not over half
        (MANY - 1, 0, False),  # too few to tell
        (0, 0, False),
    ],
)
def test_outage_is_ours_when_over_half_of_many_hosts_are_away(
    unreached: int, reached: int, is_ours: bool
) -> None:
    assert outage(unreached, reached).is_on(NOW) is is_ours


def test_outage_counts_hosts_once_when_one_is_tried_often() -> None:
    found = Outage()
    for _ in range(5 * MANY):
        found.note("away.example", is_reached=False, now=NOW)
    assert not found.is_on(NOW)


def test_outage_is_over_when_hosts_answer_again_or_time_has_passed() -> None:
    found = outage(MANY, 0)
    assert not found.is_on(LATER)
    for n in range(MANY):
        found.note(f"{n}.away.example", is_reached=True, now=NOW)
    assert not found.is_on(NOW)


def test_outage_pardons_once_who_was_blamed_lately() -> None:
    found = Outage()
    found.blame(1, NOW)
    found.blame(2, LATER)
    assert found.pardoned(LATER) == [2]
    assert found.pardoned(LATER) == []


def unreachable(count: int) -> list[Source]:
    """Sources that have been crawled, at addresses where nobody listens."""
    return [
        make_source(f"http://127.7.7.{n + 1}:1/", first_crawled_at=NOW - DAY) for n in range(count)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "is_ours"), [(9, False), (12, True)])
def test_crawl_blames_nobody_when_our_own_network_is_away(
    settings: Settings, count: int, is_ours: bool
) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.0/8")
    unreachable(count)
    pipeline.outage = Outage()
    services.crawl_due(lambda: NOW)
    assert Source.objects.with_status("failing").count() == (0 if is_ours else count)
    wait = Source.objects.latest("next_fetch_at").next_fetch_at - NOW
    assert (wait < 3 * timedelta(minutes=1)) is is_ours


@pytest.mark.django_db
def test_crawl_goes_on_with_those_that_answer_when_our_network_is_away(
    server: Server, settings: Settings
) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.0/8")
    pipeline.outage = Outage()
    new = make_source("http://127.7.8.1:1/")
    unreachable(12)
    source = feed_of(server)
    server.respond = lambda _: Answer(body=rss(item("a")))
    services.crawl_due(lambda: NOW)
    source.refresh_from_db()
    new.refresh_from_db()
    assert source.status == "ok"
    assert "cannot be reached" in new.last_error  # who never answered is told why
