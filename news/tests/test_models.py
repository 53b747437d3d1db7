from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from news.models import Announcement, Fetch, Source, Topic
from news.tests.factories import NOW, make_article, make_source, make_topic

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ({}, True),
        ({"next_fetch_at": SOON}, False),
        ({"is_paused": True}, False),
        ({"is_gone": True}, False),
        ({"leased_until": SOON}, False),
        ({"leased_until": NOW}, True),
        ({"failure_count": 9}, True),
    ],
)
def test_source_is_due_when_its_time_has_come_and_nobody_has_it(
    fields: dict[str, Any], is_due: bool
) -> None:
    make_source(**fields)
    assert Source.objects.due(NOW).exists() == is_due


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "new"),
        ({"first_crawled_at": NOW}, "ok"),
        ({"failure_count": 1}, "failing"),
        ({"first_crawled_at": NOW, "failure_count": 1}, "failing"),
        ({"is_gone": True, "failure_count": 2}, "gone"),
        ({"is_paused": True, "is_gone": True, "failure_count": 2}, "paused"),
    ],
)
def test_source_status_and_its_filter_agree_when_asked(fields: dict[str, Any], status: str) -> None:
    source = make_source(**fields)
    assert source.status == status
    for name in ("new", "ok", "failing", "gone", "paused"):
        assert Source.objects.with_status(name).exists() == (name == status)


def test_first_of_each_host_gives_the_longest_due_when_a_host_has_many() -> None:
    for n in range(5):
        make_source(f"https://big.example/{n}", next_fetch_at=NOW - timedelta(hours=n))
    small = make_source("https://small.example/")
    found = Source.objects.first_of_each_host()
    assert {source.url for source in found} == {
        "https://big.example/4",
        "https://big.example/3",
        small.url,
    }


def test_source_is_one_when_its_url_comes_twice() -> None:
    make_source("https://example.org/feed")
    make_source("https://example.org/Feed")  # paths have a case
    with pytest.raises(IntegrityError):
        make_source("https://example.org/feed")


def test_article_is_one_in_a_source_when_its_identity_comes_twice() -> None:
    source = make_source()
    make_article(source, "a")
    make_article(make_source(), "a")
    with pytest.raises(IntegrityError):
        make_article(source, "a")


def test_topic_stays_when_it_has_sources() -> None:
    topic = make_topic()
    make_source(topic=topic)
    with pytest.raises(ProtectedError):
        topic.delete()


def test_rows_are_named_for_people_when_shown() -> None:
    source = make_source("https://example.org/feed")
    article = make_article(source, "Rain")
    assert str(source) == "example.org"
    assert str(Source(title="Mine")) == "Mine"
    assert str(Topic(name="Sport")) == "Sport"
    assert str(Announcement(source=source, article=article)) == "Rain"
    assert str(Announcement(source=source, count=30)) == "30 articles of example.org"
    assert str(Fetch(outcome="new", started_at=NOW)) == "new at 2026-03-01 12:00:00"
