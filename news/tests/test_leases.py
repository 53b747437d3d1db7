from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from news import leased
from news.leases import BUDGET, claim
from news.models import Source
from news.tests.factories import NOW, make_source
from newsnotify.lib.outbound import OutboundPolicy

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
HOST = "https://many.example"


def claimed(limit: int = 100) -> list[str]:
    leased = claim(Source.objects.due(NOW), NOW, limit)
    return sorted(source.host for source in leased)


def make_many(count: int, **fields: object) -> None:
    for n in range(count):
        make_source(f"{HOST}/{len(fields)}/{n}", **fields)


def test_claim_takes_two_of_a_host_when_it_has_many() -> None:
    make_many(10)
    make_source("https://one.example/")
    assert claimed() == ["many.example", "many.example", "one.example"]
    assert Source.objects.due(NOW).count() == 8


@pytest.mark.parametrize(("in_flight", "left"), [(1, 1), (2, 0)])
def test_claim_counts_what_others_have_in_flight(in_flight: int, left: int) -> None:
    make_many(in_flight, leased_until=NOW + HOUR)
    make_many(3)
    assert len(claimed()) == left


def test_claim_takes_no_more_than_it_is_asked_for() -> None:
    for n in range(5):
        make_source(f"https://{n}.example/")
    assert len(claimed(3)) == 3


@pytest.mark.parametrize(("answered", "taken"), [(BUDGET - 1, 2), (BUDGET, 0)])
def test_claim_passes_a_host_over_when_its_budget_is_spent(answered: int, taken: int) -> None:
    make_many(answered, last_fetched_at=NOW - SECOND, next_fetch_at=NOW + HOUR)
    make_many(3)
    make_source("https://one.example/")
    assert claimed() == ["many.example"] * taken + ["one.example"]
    assert not Source.objects.exclude(failure_count=0).exists()


def test_claim_takes_a_host_up_again_when_a_minute_has_passed() -> None:
    make_many(BUDGET, last_fetched_at=NOW - 61 * SECOND, next_fetch_at=NOW + HOUR)
    make_many(3)
    assert len(claimed()) == 2


def test_claim_grants_a_host_any_number_when_the_operator_named_it(settings: Settings) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("many.example")
    make_many(BUDGET, last_fetched_at=NOW - SECOND, next_fetch_at=NOW + HOUR)
    make_many(3)
    assert len(claimed()) == 2


def test_claim_reads_all_that_crawling_asks_for(django_assert_num_queries: Any) -> None:
    moments: dict[str, Any] = {"first_crawled_at": NOW, "newest_at": NOW - HOUR, "gone_at": None}
    make_source(etag='"1"', memory=b"m", body_key=bytes(32), rhythm_seconds=7, **moments)
    [source] = claim(Source.objects.due(NOW), NOW, 1)
    stored = Source.objects.get()
    with django_assert_num_queries(0):
        read = {name: getattr(source, name) for name in leased._COLUMNS}
    assert read == {name: getattr(stored, name) for name in leased._COLUMNS}
    assert (source, source.lease != "", source.subscriber_count) == (stored, True, 0)


def test_claim_sees_past_a_host_that_has_more_due_than_it_looks_at() -> None:
    make_many(30, next_fetch_at=NOW - HOUR)
    for n in range(5):
        make_source(f"https://{n}.example/")
    assert len(claimed(7)) == 7
    assert len(claimed(7)) == 0
