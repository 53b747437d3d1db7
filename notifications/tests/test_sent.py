from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_source, make_topic
from notifications import matches, sent
from notifications.fanout import fan_out_due
from notifications.models import Event, EventMatch, Inbox, Notification, Place
from notifications.tests.factories import make_event
from subscriptions.models import Rule, Subscription
from subscriptions.services import follow_query
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PATH = "/api/v1/analytics/sent"


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def send(user: User, count: int = 1, *, read: int = 0, days_ago: int = 0, **event: object) -> None:
    """Put notifications of events into an inbox, as the fan-out leaves them there."""
    inbox, _ = Inbox.objects.get_or_create(user=user)
    for number in range(count):
        inbox.revision += 1
        Notification.objects.create(
            user=user,
            event=make_event(**event),
            revision=inbox.revision,
            created_revision=inbox.revision,
            is_unread=number >= read,
            created_at=now() - timedelta(days=days_ago),
        )
    inbox.save()


def test_what_was_never_read_comes_first_with_the_subscription_to_end(
    client: APIClient, ann: User
) -> None:
    read, ignored, foreign = make_topic("read"), make_topic("ignored"), make_topic("foreign")
    source = make_source(topic=ignored)
    for thing in (read, ignored, source):
        make_subscription(ann, thing)
    send(ann, 5, read=2, topic=read)
    send(ann, 2, topic=ignored)
    send(ann, 1, topic=ignored, source=source)
    send(ann, 1, read=1, topic=foreign)
    send(make_user(), 3, topic=foreign)
    send(ann, 1, days_ago=31, topic=foreign)
    body = client.get(PATH).json()
    assert body["days"] == 30
    shown = [(r["kind"], r["topic"] or r["source"], r["sent"], r["read"]) for r in body["results"]]
    assert shown == [
        ("topic", "ignored", 3, 0),
        ("source", source.pk, 1, 0),
        ("topic", "read", 5, 2),
        ("topic", "foreign", 1, 1),
    ]
    ids = [row["subscription"] for row in body["results"]]
    assert ids[3] is None
    assert client.delete(f"/api/v1/subscriptions/{ids[0]}").status_code == 204
    assert not Subscription.objects.filter(user=ann, topic=ignored).exists()
    assert len(client.get(f"{PATH}?days=60").json()["results"]) == 4


def test_alerts_and_rules_are_counted_by_what_they_matched(client: APIClient, ann: User) -> None:
    alert, _ = follow_query(user=ann, query="moon")
    follow_query(user=make_user(), query="mars")
    assert alert.query
    rule = Rule.objects.create(user=ann, query=alert.query, query_text="moon", action="raise")
    for number in range(3):
        make_event(title=f"The moon {number}")
    make_event(title="Mars")
    fan_out_due(now())
    Notification.objects.filter(pk=Notification.objects.order_by("pk")[0].pk, user=ann).update(
        is_unread=False
    )
    shown = client.get(PATH).json()["results"]
    assert [(row["kind"], row["name"], row["sent"], row["read"]) for row in shown] == [
        ("keyword", "moon", 3, 1),
        ("rule", "moon", 3, 1),
    ]
    assert [row["subscription"] for row in shown] == [alert.pk, None]
    assert [row["rule"] for row in shown] == [None, rule.pk]


def test_matches_are_forgotten_when_nobody_asks_for_them_any_more(ann: User) -> None:
    follow_query(user=ann, query="moon")
    old, new = make_event(title="Moon"), make_event(title="Moon again")
    fan_out_due(now())
    for event, days in ((old, 91), (new, 89)):
        Event.objects.filter(pk=event.pk).update(created_at=now() - timedelta(days=days))
    assert matches.prune(now()) == 1
    assert list(EventMatch.objects.values_list("event_id", flat=True)) == [new.pk]


def test_archived_counts_and_deleted_does_not(client: APIClient, ann: User) -> None:
    for place in (Place.ARCHIVED, Place.DELETED, Place.PENDING):
        send(ann, topic=make_topic(place.name.lower()))
        Notification.objects.filter(place=Place.INBOX).update(place=place)
    assert [row["topic"] for row in client.get(PATH).json()["results"]] == ["archived"]


@pytest.mark.parametrize("days", ["0", "91", "x", "1.5"])
def test_days_are_refused_when_they_make_no_sense(client: APIClient, days: str) -> None:
    answer = client.get(PATH, {"days": days})
    assert (answer.status_code, list(answer.json())) == (400, ["days"])


def test_cost_has_an_end_however_full_an_inbox_is(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = make_topic()
    send(ann, 30, topic=topic)
    monkeypatch.setattr(sent, "MOST", 20)
    monkeypatch.setattr(sent, "CHUNK", 10)
    with CaptureQueriesContext(connection) as queries:
        [row] = sent.sent_to(ann, since=now() - timedelta(days=1))
    assert row.sent == 20
    assert len(queries) == 2 + 2 + 1 + 3  # places, chunks of events, topics, subscriptions


def test_page_lets_one_leave_what_was_never_read(ann: User) -> None:
    page = Client()
    page.force_login(ann)
    assert "Nothing yet" in page.get("/inbox/sent").content.decode()
    topic = make_topic("boats", name="Boats at sea")
    make_subscription(ann, topic)
    send(ann, 2, topic=topic)
    shown = page.get("/inbox/sent").content.decode()
    assert shown.index("Never read") < shown.index("Boats at sea")
    assert "2 sent" in shown
    form = {"follow": "0", "next": "/inbox/sent"}
    answer = page.post("/topics/boats/follow", form)
    assert answer.headers["Location"] == "/inbox/sent"
    assert not Subscription.objects.filter(user=ann).exists()
