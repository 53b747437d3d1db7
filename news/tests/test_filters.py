from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from news import selectors
from news.filters import ArticleFilter, MomentField, SourceFilter
from news.models import Source
from news.tests.factories import make_article, make_source, make_topic

pytestmark = pytest.mark.django_db


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.fixture
def articles() -> None:
    tech, sport = make_topic("own-tech"), make_topic("own-sport")
    one, two = make_source(topic=tech), make_source("https://two.example/", topic=sport)
    make_article(one, "Rain", day(1), dated_at=day(9))
    make_article(one, "Sun", day(2), dated_at=day(8), own_summary="after the rain")
    text = "<p class='late'>In the <b>mud</b>. Down &lt; up.</p>"
    make_article(two, "Goal", day(3), dated_at=day(7), raw_content=text)


def found(**wanted: Any) -> set[str]:
    rows = selectors.visible_articles(AnonymousUser()).without_contents()
    return {article.title for article in ArticleFilter(wanted, queryset=rows).qs}


@pytest.mark.usefixtures("articles")
@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({}, {"Rain", "Sun", "Goal"}),
        ({"topic": "own-tech"}, {"Rain", "Sun"}),
        ({"topic": "nothing"}, set()),
        ({"q": "RAIN"}, {"Rain", "Sun"}),
        ({"q": "%"}, set()),
        ({"q": "MUD"}, {"Goal"}),
        ({"q": "."}, {"Goal"}),
        ({"q": "late"}, set()),
        ({"q": "<b>"}, set()),
        ({"q": "< up"}, {"Goal"}),
        ({"q": "rain", "since": "2026-03-02T00:00:00Z"}, {"Sun"}),
        ({"since": "2026-03-02T00:00:00Z"}, {"Sun", "Goal"}),
        ({"until": "2026-03-02T00:00:00Z"}, {"Rain", "Sun"}),
        ({"since": "2026-03-02T02:00:00+03:00"}, {"Sun", "Goal"}),
        ({"since": "2026-03-02"}, {"Sun", "Goal"}),
        ({"sort": "published", "since": "2026-03-08T00:00:00Z"}, {"Rain", "Sun"}),
        ({"sort": "published", "until": "2026-03-07T00:00:00Z"}, {"Goal"}),
        ({"sort": "seen", "since": "2026-03-03T00:00:00Z"}, {"Goal"}),
    ],
)
def test_articles_are_those_asked_for_when_filtered(wanted: Any, titles: set[str]) -> None:
    assert found(**wanted) == titles


@pytest.mark.usefixtures("articles")
def test_articles_are_those_of_a_source_when_it_is_named() -> None:
    assert found(source=Source.objects.get(host="two.example").pk) == {"Goal"}
    assert found(source=2**62) == set()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T00:00:00Z", day(2)),
        ("2026-03-02T02:00:00+02:00", day(2)),
        ("2026-03-02T02:00:00 02:00", day(2)),  # the plus was not escaped
        ("2026-03-02T02:00:00.000 0200", day(2)),
        ("2026-03-02 00:00", day(2)),
        ("", None),
    ],
)
def test_moment_is_read_in_utc_when_usable(text: str, moment: datetime | None) -> None:
    assert MomentField(required=False).clean(text) == moment


@pytest.mark.parametrize(
    "text",
    ["x", "5", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59-14:00"],
)
def test_moment_is_refused_when_unusable(text: str) -> None:
    with pytest.raises(ValidationError):
        MomentField().clean(text)


def test_sources_are_those_asked_for_when_filtered() -> None:
    topic = make_topic()
    ok = make_source(topic=topic, first_crawled_at=day(1))
    make_source(topic=topic, failure_count=1)
    make_source(topic=make_topic(), first_crawled_at=day(1))
    rows = SourceFilter({"topic": topic.slug, "status": "ok"}, queryset=Source.objects.all()).qs
    assert list(rows) == [ok]
