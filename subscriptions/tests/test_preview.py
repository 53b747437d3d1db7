"""What a subscription would have brought: the same that matching finds, within bounds."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.models import Article
from news.tests.factories import make_article, make_source, make_topic
from newsnotify.lib.ratelimit import Limit
from subscriptions import preview as previews
from subscriptions import preview_api, query_index
from subscriptions.documents import document_of
from subscriptions.preferences import set_preferences
from subscriptions.preview import preview
from subscriptions.query_index import News
from subscriptions.services import follow_query
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PATH = "/api/v1/subscriptions/preview"
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 3, 8, 12, 0, tzinfo=TOKYO)


@pytest.fixture
def ann() -> User:
    return make_user(timezone="Asia/Tokyo")


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


QUERIES = [
    "eclair",
    "Éclair -pie",
    '"apple pie"',
    "pi*",
    "title:moon OR topic:boats",
    'source:"circuit weekly" moon',
    "月面",
    "moon -topic:boats",
]


def test_preview_finds_what_matching_finds(ann: User) -> None:
    boats = make_topic("boats", name="Boats at sea")
    sources = [
        make_source(topic=boats, title="Circuit Weekly"),
        make_source(topic=make_topic()),
    ]
    said = [("Éclairs", "An ÉCLAIR."), ("Apple pie", ""), ("Pie", "apple; pie"), ("月面着陸", "x")]
    articles = [
        make_article(source, f"{title} {number}", hours_ago(1), own_summary=summary)
        for number, source in enumerate(sources)
        for title, summary in [*said, ("Moon", "eclair pie")]
    ]
    for query in QUERIES:
        row, _ = follow_query(user=ann, query=query)
        news = [news_of(article) for article in articles]
        found = {
            article.pk
            for article, ids in zip(articles, query_index.find(news), strict=True)
            if row.query_id in ids
        }
        shown = preview(user=ann, now=NOW, query=query)
        assert found, query
        assert {article.pk for article in shown.sample} == found, query
        assert (shown.matches, shown.looked_at, shown.is_complete) == (len(found), 10, True)


def news_of(article: Article) -> News:
    source = article.source
    document = document_of(
        title=article.title, message=article.summary, topic=source.topic, source=source
    )
    return News(document, source.topic_id, source.pk)


def test_preview_keeps_to_a_week_a_topic_a_source_and_what_one_may_see(ann: User) -> None:
    boats, birds = make_topic(), make_topic()
    source = make_source(topic=boats)
    his, somebodys = make_source(is_brought=True), make_source(is_brought=True)
    make_subscription(ann, his)
    for number, each in enumerate([source, source, make_source(topic=birds), his, somebodys]):
        make_article(each, f"Moon {number}", hours_ago(1))
    make_article(source, "Moon of last week", hours_ago(7 * 24 + 1))

    def matches(**wish: Any) -> int:
        return preview(user=ann, now=NOW, **wish).matches

    assert matches(query="moon") == 4
    assert matches(query="moon", topic=boats) == matches(topic=boats) == 2
    assert matches(query="moon", source=his) == matches(source=his) == 1
    assert matches(query="sun", topic=boats) == matches(topic=make_topic()) == 0
    assert matches(url=source.url) == 2
    assert matches(url="https://nobody.example/feed") == matches(url="nonsense") == 0
    assert (matches(topic=boats, min_priority=1), matches(topic=boats, min_priority=2)) == (2, 0)


@pytest.mark.parametrize(
    ("quiet", "at_night"),
    [
        (None, 3),  # 22:30, 3:00 and 6:59
        ({"from": "01:00", "until": "06:00"}, 1),
        ({"from": "06:59", "until": "03:00"}, 4),
    ],
)
def test_preview_tells_how_many_would_have_come_at_night(
    ann: User, quiet: dict[str, str] | None, at_night: int
) -> None:
    source = make_source(topic=make_topic())
    for at in ("22:30", "03:00", "06:59", "07:00", "21:59"):
        hour, minute = map(int, at.split(":"))
        moment = datetime(2026, 3, 7, hour, minute, tzinfo=TOKYO)
        make_article(source, f"Moon at {at}", moment)
    if quiet:
        set_preferences(user=ann, changes={"delivery": {"quiet_hours": quiet}})
    found = preview(user=ann, now=NOW, query="moon")
    assert (found.matches, found.at_night, found.night.is_own) == (5, at_night, bool(quiet))


def test_preview_looks_at_the_newest_and_says_so_when_there_are_many(
    ann: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        source = make_source(topic=make_topic())
        make_article(source, f"Moon {number}", hours_ago(number))
    monkeypatch.setattr(previews, "MOST", 3)
    monkeypatch.setattr(previews, "SAMPLE", 2)
    with django_assert_max_num_queries(6):
        found = preview(user=ann, now=NOW, query="moon")
    assert (found.matches, found.looked_at, found.is_complete) == (3, 3, False)
    assert [article.title for article in found.sample] == ["Moon 0", "Moon 1"]


def test_preview_is_answered_as_the_contract_says() -> None:
    article = make_article(make_source(topic=make_topic("boats")), "Moon", datetime.now(TOKYO))
    answer = client_of(make_user()).post(PATH, {"kind": "keyword", "query": "MOON -sun"})
    shown = answer.json()
    assert (answer.status_code, shown["days"], shown["matches"]) == (200, 7, 1)
    (sample,) = shown["sample"]
    assert (sample["id"], sample["topic"], "content" in sample) == (article.pk, "boats", False)
    assert shown["explained"] == "the word “moon”, and not the word “sun”"
    night = {"from": "22:00", "until": "07:00", "timezone": "UTC", "is_own": False}
    assert shown["night"] == night
    assert (shown["looked_at"], shown["is_complete"]) == (1, True)


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"kind": "keyword", "query": "apple (pie"}, "query", "At character 7: This bracket"),
        ({"kind": "keyword"}, "query", "Give `query`"),
        ({"kind": "topic", "topic": "none"}, "topic", "none"),
        ({"kind": "source", "source": 10**12}, "source", "Invalid pk"),
        ({}, "kind", "required"),
    ],
)
def test_preview_is_refused_with_a_reason_when_something_is_wrong(
    body: dict[str, Any], field: str, said: str
) -> None:
    answer = client_of(make_user()).post(PATH, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert said in answer.json()[field][0]


def test_previews_of_a_person_are_limited(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMITS = True
    monkeypatch.setattr(preview_api, "LIMIT", Limit(f"previews {id(monkeypatch)}", 2, 86_400))
    client, other = client_of(make_user()), client_of(make_user())
    assert [ask(client) for _ in range(3)] == [200, 200, 429]
    assert ask(other) == 200


def ask(client: APIClient) -> int:
    return client.post(PATH, {"kind": "keyword", "query": "moon"}).status_code
