"""`GET …/explain`: what it says, to whom, in which words."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import Role, Scope, User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_article, make_source, make_topic
from notifications.channels import add
from notifications.deliver import deliver_due
from notifications.fanout import fan_out_due
from notifications.models import Delivery
from subscriptions.preferences import set_preferences
from subscriptions.services import follow_query, follow_topic

pytestmark = pytest.mark.django_db
TOLD = ["answer", "because", "deliveries", "event_id", "findings", "note", "notification_id"]


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org", timezone="Asia/Tokyo")


def producer(*scopes: Scope) -> APIClient:
    client = APIClient()
    text = keys.issue(name="billing", scopes=scopes)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
    return client


def codes(answer: dict[str, Any]) -> list[str]:
    return [each["code"] for each in answer["findings"]]


def test_notification_is_explained_to_its_reader(ann: User) -> None:
    now = timezone.now()
    add(user=ann, kind="mock", given={"token": "a"}, label="My phone", now=now)
    told = producer(Scope.EVENTS_WRITE).post(
        "/api/v1/notifications", {"user_id": ann.pk, "message": "Due."}
    )
    set_preferences(user=ann, changes={"delivery": {}, "category": ["alert"]})
    deliver_due(timezone.now)
    answer = client_of(ann).get(f"/api/v1/notifications/{told.json()['id']}/explain").json()
    assert sorted(answer) == sorted([*TOLD, "text", "timeline", "user_id"])
    assert (answer["answer"], answer["text"]) == ("told", "You were told.")
    assert answer["because"]["text"] == "“billing” addressed it to you."
    assert codes(answer) == ["addressed", "category_not_wanted"]
    assert answer["findings"][1]["as_of"] == "today"
    assert answer["note"]
    (way,) = answer["deliveries"]
    assert (way["channel_name"], way["state"]) == ("My phone", "suppressed")
    assert way["text"] == "It was left out. Your preferences do not name its category."
    assert way["path"] == "/settings/preferences"
    assert [each["result"] for each in way["attempts"]] == ["suppressed"]
    assert [each["step"] for each in answer["timeline"]] == [
        "accepted",
        "told",
        "attempt",
    ]


def test_times_are_those_of_the_reader_s_clock(ann: User) -> None:
    topic = make_topic(name="Boats")
    until = timezone.now() + timedelta(days=1)
    follow_topic(user=ann, topic=topic, muted_until=until)
    client = producer(Scope.EVENTS_WRITE)
    event = client.post(
        "/api/v1/events", {"title": "x", "message": "x", "topic": topic.slug}
    ).json()["id"]
    fan_out_due(timezone.now())
    article = make_article(make_source(topic=topic, first_crawled_at=until))
    assert "first time" in explained(client_of(ann), article.pk)["because"]["text"]
    admin = client_of(make_user(role=Role.ADMIN, timezone="Asia/Tokyo"))
    answer = admin.get(f"/api/v1/events/{event}/explain", {"user_id": ann.pk}).json()
    clock = f"{timezone.localtime(until, ann.zone):%H:%M}"
    assert answer["answer"] == "not_told"
    assert answer["because"]["text"].startswith("You mute “Boats” until ")
    assert answer["because"]["text"].endswith(f"{clock}.")
    assert answer["because"]["remedy"] == "End the muting"


def explained(client: APIClient, article: int, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/v1/articles/{article}/explain", query).json()
    return answer


def test_key_is_told_nothing_of_what_people_look_for(ann: User) -> None:
    follow_query(user=ann, query="secretsociety")
    (wish,) = ann.subscriptions.all()
    client = producer(Scope.EVENTS_WRITE)
    add(user=ann, kind="mock", given={"token": "a"}, label="My phone", now=timezone.now())
    event = client.post(
        "/api/v1/events", {"title": "The secretsociety meets.", "message": "x"}
    ).json()["id"]
    fan_out_due(timezone.now())
    assert Delivery.objects.exists()
    path = f"/api/v1/events/{event}/explain"
    answer = client.get(path, {"user_id": ann.pk})
    assert answer.json()["answer"] == "told"
    assert answer.json()["because"]["subscription"] == wish.pk
    for private in ("secretsociety", "My phone"):
        assert private not in answer.content.decode()
    wish.is_paused = True
    wish.save()
    assert "secretsociety" not in client.get(path, {"user_id": ann.pk}).content.decode()
    admin = client_of(make_user(role=Role.ADMIN))
    assert "secretsociety" in admin.get(path, {"user_id": ann.pk}).content.decode()


@pytest.mark.parametrize("query", [{}, {"user_id": "nobody@example.org"}, {"user_id": "\0"}])
def test_event_says_whom_it_does_not_know(query: dict[str, str]) -> None:
    client = producer(Scope.EVENTS_WRITE)
    event = client.post("/api/v1/events", {"title": "x", "message": "x"}).json()["id"]
    answer = client.get(f"/api/v1/events/{event}/explain", query)
    assert (answer.status_code, list(answer.json())) == (400, ["user_id"])


def test_event_is_explained_to_its_own_key_alone(ann: User) -> None:
    event = (
        producer(Scope.EVENTS_WRITE)
        .post("/api/v1/events", {"title": "x", "message": "x"})
        .json()["id"]
    )
    path = f"/api/v1/events/{event}/explain"
    assert producer(*Scope).get(path, {"user_id": ann.pk}).status_code == 404
    assert client_of(ann).get(path, {"user_id": ann.pk}).status_code == 403


def test_article_is_explained_for_others_to_admins_alone(ann: User) -> None:
    article = make_article(make_source(topic=make_topic()))
    other = make_user()
    path = f"/api/v1/articles/{article.pk}/explain"
    assert client_of(ann).get(path, {"user_id": ann.pk}).json()["user_id"] == ann.pk
    assert client_of(ann).get(path, {"user_id": other.pk}).status_code == 403
    admin = client_of(make_user(role=Role.ADMIN))
    assert explained(admin, article.pk, user_id=other.pk)["user_id"] == other.pk
    hidden = make_article(make_source(is_brought=True))
    assert client_of(ann).get(f"/api/v1/articles/{hidden.pk}/explain").status_code == 404


def test_pages_answer_in_plain_words(ann: User, client: Any) -> None:
    client.force_login(ann)
    topic = make_topic(name="Boats")
    source = make_source(topic=topic, first_crawled_at=timezone.now())
    article = make_article(source, title="A regatta", at=timezone.now() - timedelta(days=1))
    page = client.get(f"/articles/{article.pk}/why").content.decode()
    for part in ("Why you were not told", "A regatta", "crawled for the first time"):
        assert part in page
    assert (
        f'href="/articles/{article.pk}/why"'
        in client.get(f"/articles/{article.pk}").content.decode()
    )
    follow_topic(user=ann, topic=topic)
    poster = producer(Scope.EVENTS_WRITE)
    poster.post("/api/v1/events", {"title": "Storm", "message": "x", "topic": topic.slug})
    fan_out_due(timezone.now())
    told = ann.notifications.get()
    assert f'href="/inbox/{told.pk}/why"' in client.get("/inbox").content.decode()
    page = client.get(f"/inbox/{told.pk}/why").content.decode()
    for part in ("Why you were told", "You follow the topic “Boats”.", "Posted by “billing”"):
        assert part in page
    assert told.is_unread  # asking is not reading
