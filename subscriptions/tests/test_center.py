"""The subscription centre as a page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import make_article, make_source, make_topic
from subscriptions.models import Rule, Subscription
from subscriptions.rules import make_rule
from subscriptions.services import follow_query, follow_topic
from subscriptions.templatetags.wishes import cadence, in_words
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PAGE = "/subscriptions"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ann(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def shown(client: Client, path: str = PAGE, **asked: str) -> str:
    return client.get(path, asked).content.decode()


def test_center_shows_counts_cadence_and_how_each_is_told(client: Client, ann: User) -> None:
    topic = make_topic(name="Boats at sea")
    make_source(topic=topic, rhythm_seconds=86_400 // 2)
    source = make_source(topic=topic, title="Weekly", rhythm_seconds=7 * 86_400, article_count=12)
    make_subscription(ann, source)
    follow_topic(user=ann, topic=topic, min_priority=2, muted_until=now() + timedelta(hours=1))
    follow_query(user=ann, query='"two masts" -wreck', topic=topic, is_paused=True)
    page = shown(client)
    for words in (
        "2 sources",
        "about 2 a day",
        "about 1 a week",
        "12 articles",
        "high priority and above",
    ):
        assert words in page
    assert "the phrase “two masts”, and not the word “wreck”" in page
    assert (page.count("Muted until"), page.count(">Paused<")) == (1, 1)


@pytest.mark.parametrize(
    ("per_day", "said"),
    [
        (None, ""),
        (40.4, "about 40 a day"),
        (1, "about 1 a day"),
        (0.5, "about 4 a week"),
        (0.01, "less than one a week"),
    ],
)
def test_cadence_is_said_as_people_count(per_day: float | None, said: str) -> None:
    assert cadence(per_day) == said


def test_query_that_is_no_longer_read_says_nothing() -> None:
    assert in_words("(moon") == ""


def test_alert_and_rules_are_kept_once(client: Client, ann: User) -> None:
    topic = make_topic("boats")
    form = {"query": "Mast -wreck", "topic": "boats"}
    for then, said in (
        ("tell", "You will be told of it."),
        ("tell", "You have this already."),
        ("silence", "The rule counts from the next article on."),
        ("silence", "You have this already."),
    ):
        page = client.post(PAGE, {**form, "then": then}, follow=True).content.decode()
        assert said in page
    row, rule = Subscription.objects.get(), Rule.objects.get()
    assert row.query == rule.query
    assert (row.query_text, rule.action, rule.query.topic) == ("Mast -wreck", "silence", topic)


@pytest.mark.parametrize(
    "form",
    [
        {"query": "mast (", "then": "tell"},
        {"query": "", "then": "tell"},
        {"query": "mast", "then": "explode"},
        {"query": "mast", "then": "tell", "topic": "none"},
        {"query": "mast\0", "then": "tell"},
    ],
)
def test_alert_is_refused_next_to_its_field(
    client: Client, ann: User, form: dict[str, str]
) -> None:
    assert client.post(PAGE, form).status_code == 400
    assert [*Subscription.objects.all(), *Rule.objects.all()] == []


def test_query_is_tried_on_the_page_and_in_the_fragment(client: Client, ann: User) -> None:
    make_article(make_source(topic=make_topic("boats")), "A mast <b>broke</b>", now())
    whole = shown(client, query="mast", topic="boats")
    part = client.get(f"{PAGE}/preview", {"query": "mast"}, headers=HTMX).content.decode()
    for page in (whole, part):
        assert "<strong>1 article</strong>" in page
        assert "A mast &lt;b&gt;broke&lt;/b&gt;" in page
    assert "<html" not in part
    assert "all topics" not in part
    assert 'value="mast"' in whole
    assert client.get(f"{PAGE}/preview", {"query": "mast"}).headers["Location"] == PAGE
    assert client.get(f"{PAGE}/preview", {"topic": "none"}, headers=HTMX).status_code == 302
    assert client.get(PAGE, {"topic": "none"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("mast (wreck", "mast <mark>(</mark>wreck"),
        ("<b> (", "&lt;b&gt; <mark>(</mark>"),
        ("mast ( ", "mast <mark>(</mark>"),
        ("mast OR", "mast <mark>O</mark>R"),
    ],
)
def test_fault_of_a_query_is_marked_where_it_is(
    client: Client, ann: User, query: str, marked: str
) -> None:
    part = client.get(f"{PAGE}/preview", {"query": query}, headers=HTMX).content.decode()
    assert marked in part
    assert "<b>" not in part


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"min_priority": "high", "state": "pause"}, (2, True, False)),
        ({"min_priority": "low", "state": "week"}, (0, False, True)),
        ({"min_priority": "low", "state": "never"}, (0, False, False)),
        ({"min_priority": "low", "state": "keep"}, (0, True, True)),
        ({"min_priority": "none", "state": "never"}, (1, True, True)),
    ],
)
def test_options_change_how_a_subscription_is_told(
    client: Client, ann: User, form: dict[str, str], expected: tuple[Any, ...]
) -> None:
    options = {"min_priority": 1, "is_paused": True, "muted_until": now() + timedelta(days=9)}
    row, _ = follow_topic(user=ann, topic=make_topic(), **options)
    path = f"{PAGE}/{row.pk}"
    assert client.post(path, form).headers["Location"] == PAGE
    row.refresh_from_db()
    assert (row.min_priority, row.is_paused, bool(row.muted_until)) == expected


def test_what_is_somebody_elses_is_left_alone(client: Client, ann: User) -> None:
    other = make_user()
    row = make_subscription(other, make_topic())
    rule, _ = make_rule(user=other, query="mast", action="read")
    mine = make_subscription(ann, make_topic())
    assert client.post(f"{PAGE}/{row.pk}", {"unfollow": "1"}).status_code == 404
    for path in (f"/rules/{rule.pk}", f"/rules/{rule.pk}/apply"):
        assert client.post(path, {"remove": "1"}).status_code == 404
    client.post(f"{PAGE}/unfollow", {"unfollow": [row.pk, mine.pk]})
    client.post(f"{PAGE}/unfollow", {"unfollow": ["x"]})
    client.post(f"{PAGE}/unfollow")
    assert Subscription.objects.count() == 2
    client.post(f"{PAGE}/unfollow", {"unfollow": [mine.pk]})
    assert Subscription.objects.get() == row
    assert Rule.objects.get() == rule


def test_one_and_several_are_unfollowed(client: Client, ann: User) -> None:
    rows = [make_subscription(ann, make_topic()) for _ in range(3)]
    client.post(f"{PAGE}/{rows[0].pk}", {"unfollow": "1"})
    page = client.post(
        f"{PAGE}/unfollow", {"unfollow": [row.pk for row in rows[1:]]}, follow=True
    ).content.decode()
    assert "2 unfollowed." in page
    assert not Subscription.objects.exists()


def test_rule_is_paused_taken_up_again_and_removed(client: Client, ann: User) -> None:
    rule, _ = make_rule(user=ann, query="mast", action="read")
    path = f"/rules/{rule.pk}"
    for paused in ("1", "0"):
        client.post(path, {"paused": paused})
        rule.refresh_from_db()
        assert rule.is_paused is (paused == "1")
    client.post(path, {"remove": "1"})
    assert not Rule.objects.exists()


def test_center_costs_the_same_queries_however_long(client: Client, ann: User) -> None:
    asked = []
    for number in range(3):
        topic = make_topic()
        make_subscription(ann, topic)
        make_subscription(ann, make_source(topic=topic))
        follow_query(user=ann, query=f"mast {number}", topic=topic)
        make_rule(user=ann, query=f"wreck {number}", action="read", topic=topic)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        asked.append(len(queries))
    assert asked[1] == asked[2]
