import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import ApiKey, Role, Scope, User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_topic
from notifications import replays
from notifications.event_serializers import AUDIENCE, DATA_BYTES, DATA_DEPTH
from notifications.events_api import BATCH
from notifications.fanout import fan_out_due
from notifications.models import Event, Notification, Replay
from notifications.tests.factories import follow, make_followers, told_of
from notifications.withdrawal import amend_due

pytestmark = pytest.mark.django_db
PATH = "/api/v1/events"
NEWS = {"title": "Disk full", "message": "On host a."}


def producer(*scopes: Scope) -> APIClient:
    client = APIClient()
    key = keys.issue(name="tests", scopes=scopes or [Scope.EVENTS_WRITE])[1]
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


@pytest.fixture
def client() -> APIClient:
    return producer()


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def posted(client: APIClient, **fields: Any) -> Event:
    answer = client.post(PATH, {**NEWS, **fields})
    assert answer.status_code == 202, answer.content
    return Event.objects.get(pk=answer.json()["id"])


def inbox(user: User) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client_of(user).get("/api/v1/notifications").json()["results"]
    return rows


def test_event_reaches_those_who_match_with_its_defaults(client: APIClient, ann: User) -> None:
    topic = make_topic()
    follow(ann, topic)
    answer = client.post(PATH, {**NEWS, "topic": topic.slug, "url": "https://a.example/x"})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert fan_out_due(now()) == 1
    [row] = inbox(ann)
    assert row["event_id"] == answer.json()["id"]
    told = {k: row[k] for k in ("title", "message", "topic", "category", "priority", "url")}
    assert told == {
        **NEWS,
        "topic": topic.slug,
        "category": "general",
        "priority": "medium",
        "url": "https://a.example/x",
    }


@pytest.mark.parametrize("topic", ["tech", "news"])
@pytest.mark.parametrize("priority", ["low", "medium", "high", "critical"])
@pytest.mark.parametrize("category", ["alert", "update", "general"])
def test_event_reaches_those_whose_preferences_let_it_through(
    client: APIClient, topic: str, priority: str, category: str
) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "all": {"topic": ["tech", "news"]},
        "tech": {"topic": ["tech"]},
        "picky": {"topic": ["tech"], "priority": ["high"], "category": ["alert"]},
        "urgent": {"topic": ["tech", "news"], "priority": ["high", "critical"]},
        "quiet": {"topic": ["tech", "news"], "subscribed": False},
        "topicless": {"priority": ["high"], "category": ["alert"]},
    }
    users = {name: make_user() for name in wanted}
    for name, preferences in wanted.items():
        assert client_of(users[name]).post("/api/v1/preferences", preferences).status_code == 200
    event = posted(client, topic=topic, priority=priority, category=category)
    fan_out_due(now())
    expected = {
        name
        for name, preferences in wanted.items()
        if preferences.get("subscribed", True)
        and topic in preferences.get("topic", [])
        and priority in (preferences.get("priority") or [priority])
        and category in (preferences.get("category") or [category])
    }
    assert {name for name, user in users.items() if user.pk in told_of(event)} == expected


def test_event_without_topic_reaches_nobody_by_matching(client: APIClient, ann: User) -> None:
    follow(ann, make_topic())
    posted(client)
    assert fan_out_due(now()) == 0


def test_event_reaches_its_audience_once_and_nobody_else(client: APIClient, ann: User) -> None:
    topic, other = make_topic(), make_topic()
    follow(ann, topic, other)
    [follower] = make_followers(1, topic)
    make_followers(1, other)
    editor = make_user(role=Role.EDITOR)
    audience = {"users": ["ann@example.org", ann.pk, "new1"], "topics": [topic.slug]}
    event = posted(client, topic=other.slug, audience={**audience, "roles": ["editor"]})
    assert fan_out_due(now()) == 4
    recipient = User.objects.get(external_id="new1")
    assert told_of(event) == sorted([ann.pk, follower.pk, recipient.pk, editor.pk])


def test_event_is_shown_from_its_release_time(client: APIClient, ann: User) -> None:
    later = now() + timedelta(hours=1)
    answer = client.post(PATH, {**NEWS, "release_time": later, "audience": {"users": [ann.pk]}})
    assert answer.json()["status"] == "scheduled"
    assert fan_out_due(now()) == 0
    assert inbox(ann) == []
    assert fan_out_due(later) == 1
    assert len(inbox(ann)) == 1


def test_event_is_told_at_once_when_its_release_time_has_passed(client: APIClient) -> None:
    event = posted(client, release_time=datetime(2001, 1, 1, tzinfo=UTC))
    assert event.release_time == event.created_at


def test_event_is_gone_when_its_time_is_over(client: APIClient, ann: User) -> None:
    end = now() + timedelta(hours=1)
    event = posted(client, expires_at=end, audience={"users": [ann.pk]})
    fan_out_due(now())
    assert len(inbox(ann)) == 1
    fan_out_due(end)
    amend_due()
    assert inbox(ann) == []
    assert client.get(f"{PATH}/{event.pk}").json()["status"] == "expired"


def test_event_is_told_to_nobody_when_it_was_over_before(client: APIClient, ann: User) -> None:
    end = now() + timedelta(hours=1)
    event = posted(client, expires_at=end, audience={"users": [ann.pk]})
    assert fan_out_due(end + timedelta(hours=1)) == 0
    assert told_of(event) == []


@pytest.mark.parametrize(
    ("language", "title", "message"),
    [
        ("ru", "Festplatte voll", "Auf a."),
        ("en", "Disk full", "On host a."),
        ("de", "Disk full", "Voll"),
    ],
)
def test_event_speaks_the_language_of_its_reader(
    client: APIClient, ann: User, language: str, title: str, message: str
) -> None:
    User.objects.update(language=language)
    content = {"ru": {"title": "Festplatte voll", "message": "Auf a."}, "de": {"message": "Voll"}}
    posted(client, content=content, audience={"users": [ann.pk]})
    fan_out_due(now())
    assert [(row["title"], row["message"]) for row in inbox(ann)] == [(title, message)]


def test_edit_is_seen_in_every_inbox_under_a_new_revision(client: APIClient) -> None:
    users = [make_user() for _ in range(3)]
    event = posted(client, audience={"users": [user.pk for user in users]})
    fan_out_due(now())
    before = [inbox(user)[0] for user in users]
    answer = client.patch(f"{PATH}/{event.pk}", {"title": "Disk fine", "data": {"a": 1}})
    assert (answer.status_code, answer.json()["title"]) == (200, "Disk fine")
    assert amend_due() == 3
    after = [inbox(user)[0] for user in users]
    assert [row["title"] for row in after] == ["Disk fine"] * 3
    assert [(row["id"], row["read"]) for row in after] == [(r["id"], r["read"]) for r in before]
    assert [row["cursor"] for row in after] == ["1.2"] * 3
    assert amend_due() == 0


def test_recall_takes_it_out_of_every_inbox_and_count(client: APIClient) -> None:
    users = [make_user() for _ in range(3)]
    event = posted(client, audience={"users": [user.pk for user in users]})
    kept = posted(client, audience={"users": [users[0].pk]})
    fan_out_due(now())
    row = Notification.objects.get(user=users[1], event=event)
    client_of(users[1]).patch(f"/api/v1/notifications/{row.pk}", {"read": True})
    row = Notification.objects.get(user=users[2], event=event)
    client_of(users[2]).patch(f"/api/v1/notifications/{row.pk}", {"archived": True})
    assert client.delete(f"{PATH}/{event.pk}").status_code == 204
    assert amend_due() == 3
    assert [[r["event_id"] for r in inbox(user)] for user in users] == [[kept.pk], [], []]
    counts = [client_of(user).get("/api/v1/notifications/counts").json() for user in users]
    assert [count["unread"] for count in counts] == [1, 0, 0]
    assert client.get(f"{PATH}/{event.pk}").json()["status"] == "recalled"
    assert client.patch(f"{PATH}/{event.pk}", {"title": "x"}).status_code == 409
    assert client.delete(f"{PATH}/{event.pk}").status_code == 204
    assert amend_due() == 0


def test_recalled_event_is_told_to_nobody_any_more(client: APIClient, ann: User) -> None:
    event = posted(client, audience={"users": [ann.pk]})
    client.delete(f"{PATH}/{event.pk}")
    assert fan_out_due(now()) == 0
    assert told_of(event) == []


@pytest.mark.parametrize("field", ["topic", "priority", "audience", "nonsense", "release_time"])
def test_edit_is_refused_when_it_would_concern_others(client: APIClient, field: str) -> None:
    event = posted(client)
    answer = client.patch(f"{PATH}/{event.pk}", {field: "x"})
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_producer_sees_what_became_of_its_event(client: APIClient, ann: User) -> None:
    other = make_user()
    event = posted(client, audience={"users": [ann.pk, other.pk]})
    assert client.get(f"{PATH}/{event.pk}").json()["outcome"]["notified"] == 0
    fan_out_due(now())
    client_of(ann).post("/api/v1/notifications/read", {"all": True})
    shown = client.get(f"{PATH}/{event.pk}").json()
    assert shown["status"] == "told"
    assert shown["outcome"] == {
        "matched": 2, "notified": 2, "delivered": 2, "read": 1, "pending": 0, "failed": {},
    }  # fmt: skip


def test_producer_sees_its_own_events_only(client: APIClient) -> None:
    event = posted(client)
    other = producer()
    assert other.get(f"{PATH}/{event.pk}").status_code == 404
    assert other.delete(f"{PATH}/{event.pk}").status_code == 404
    assert other.get(PATH).json()["count"] == 0
    assert [row["id"] for row in client.get(PATH).json()["results"]] == [event.pk]
    assert client_of(make_user(role=Role.ADMIN)).get(PATH).json()["count"] == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_events_are_for_producers(method: str) -> None:
    codes = [
        getattr(client, method)(PATH, NEWS).status_code
        for client in (client_of(), client_of(make_user()), producer(Scope.USERS_WRITE))
    ]
    assert codes == [401, 403, 403]


# Repeated


def test_first_answer_is_given_again_when_the_key_comes_again(client: APIClient) -> None:
    answers = [client.post(PATH, NEWS, headers={"Idempotency-Key": "a"}) for _ in range(3)]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (202, answers[0].content)
    }
    assert Event.objects.count() == 1


def test_key_is_refused_when_it_comes_with_another_body(client: APIClient) -> None:
    client.post(PATH, NEWS, headers={"Idempotency-Key": "a"})
    answer = client.post(PATH, {**NEWS, "title": "Other"}, headers={"Idempotency-Key": "a"})
    assert (answer.status_code, Event.objects.count()) == (409, 1)


def test_key_means_another_event_when_another_producer_or_key_comes(client: APIClient) -> None:
    for caller, key in ((client, "a"), (client, "A"), (client, ""), (producer(), "a")):
        assert caller.post(PATH, NEWS, headers={"Idempotency-Key": key}).status_code == 202
    assert Event.objects.count() == 4


def test_key_is_free_again_when_its_request_was_refused(client: APIClient) -> None:
    headers = {"Idempotency-Key": "a"}
    assert client.post(PATH, {"title": "x"}, headers=headers).status_code == 400
    assert client.post(PATH, NEWS, headers=headers).status_code == 202


def test_key_is_forgotten_after_seven_days(client: APIClient) -> None:
    client.post(PATH, NEWS, headers={"Idempotency-Key": "a"})
    assert replays.prune(now() + timedelta(days=6)) == 0
    assert replays.prune(now() + timedelta(days=8)) == 1
    assert not Replay.objects.exists()


def test_key_is_refused_when_it_is_too_long(client: APIClient) -> None:
    answer = client.post(PATH, NEWS, headers={"Idempotency-Key": "a" * 256})
    assert (answer.status_code, list(answer.json())) == (400, ["Idempotency-Key"])


# CloudEvents

CLOUD = {"specversion": "1.0", "id": "1", "source": "/disks", "type": "disk.full", "data": NEWS}


def post_text(client: APIClient, body: Any, content_type: str, **headers: str) -> Any:
    text = json.dumps(body)
    return client.generic("POST", PATH, text, content_type=content_type, headers=headers)


@pytest.mark.parametrize("content_type", ["application/cloudevents+json", "application/json"])
def test_cloudevent_is_taken_once_by_its_source_and_id(
    client: APIClient, content_type: str
) -> None:
    answers = [post_text(client, CLOUD, content_type) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    post_text(client, {**CLOUD, "id": "2"}, content_type)
    post_text(client, {**CLOUD, "source": "/other"}, content_type)
    assert Event.objects.count() == 3


def test_cloudevent_is_taken_in_binary_mode(client: APIClient) -> None:
    attributes = {f"ce-{name}": CLOUD[name] for name in ("specversion", "id", "source", "type")}
    for _ in range(2):
        answer = post_text(client, NEWS, "application/json", **attributes)  # type: ignore[arg-type]
        assert answer.status_code == 202
    assert Event.objects.get().title == "Disk full"


def test_cloudevents_are_taken_in_a_batch(client: APIClient) -> None:
    batch = [{**CLOUD, "id": str(n)} for n in range(3)]
    for _ in range(2):
        answer = post_text(client, batch, "application/cloudevents-batch+json")
        assert (answer.status_code, answer.json()["accepted"]) == (202, 3)
    assert Event.objects.count() == 3


def test_cloudevent_is_read_from_base64(client: APIClient) -> None:
    body = {**CLOUD, "data_base64": "eyJ0aXRsZSI6ICJBIiwgIm1lc3NhZ2UiOiAiQiJ9"}
    del body["data"]
    assert post_text(client, body, "application/cloudevents+json").status_code == 202
    assert Event.objects.get().title == "A"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"specversion": "0.3"}, "not 1.0"),
        ({"id": ""}, "`id`"),
        ({"source": 7}, "`source`"),
        ({"type": None}, "`type`"),
        ({"datacontenttype": "text/xml"}, "JSON"),
        ({"data_base64": "no"}, "base64"),
        ({"data": None}, "No data"),
        ({"data": "text"}, "Invalid data"),
        ({"data": {"title": "x"}}, "message"),
    ],
)
def test_cloudevent_is_refused_with_a_reason(
    client: APIClient, changes: dict[str, Any], words: str
) -> None:
    answer = post_text(client, {**CLOUD, **changes}, "application/cloudevents+json")
    assert answer.status_code == 400
    assert words in answer.content.decode()


# Many, large, wrong


def test_batch_is_taken_whole_or_not_at_all(client: APIClient) -> None:
    batch = [NEWS, {**NEWS, "priority": "urgent"}]
    answer = client.post(PATH, batch)
    assert (answer.status_code, list(answer.json())) == (400, ["1"])
    assert not Event.objects.exists()
    answer = client.post(PATH, [NEWS, NEWS])
    assert (answer.status_code, answer.json()["accepted"], Event.objects.count()) == (202, 2, 2)


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([NEWS] * (BATCH + 1), "500"),
        ({**NEWS, "data": {"a": "x" * DATA_BYTES}}, "65,536"),
        ({**NEWS, "data": nested(DATA_DEPTH + 1)}, "20 deep"),
        ({**NEWS, "data": nested(400)}, "20 deep"),
        ({**NEWS, "data": {"a": [[[]]] * 5, "b": nested(300)}}, "20 deep"),
        ({**NEWS, "content": {str(n): {} for n in range(51)}}, "50"),
        ({**NEWS, "audience": {"users": list(range(AUDIENCE + 1))}}, "10,000"),
    ],
)
def test_too_much_is_refused_with_the_limit(client: APIClient, body: Any, words: str) -> None:
    answer = client.post(PATH, body)
    assert answer.status_code == 413
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", None),
        ("title", "x" * 501),
        ("title", "nul\0"),
        ("message", ["list"]),
        ("message", "x" * 50_001),
        ("topic", "nonsense"),
        ("topic", 10**30),
        ("category", "no slug!"),
        ("priority", "urgent"),
        ("priority", {}),
        ("url", "javascript:alert(1)"),
        ("url", "ftp://a.example/"),
        ("data", []),
        ("data", "x"),
        ("content", []),
        ("content", {"en": "text"}),
        ("release_time", "soon"),
        ("release_time", 10**30),
        ("expires_at", "2001-01-01T00:00:00Z"),
        ("audience", []),
        ("audience", {}),
        ("audience", {"users": []}),
        ("audience", {"users": ["nobody@example.org"]}),
        ("audience", {"users": [10**30]}),
        ("audience", {"users": [{}]}),
        ("audience", {"users": ["ext:"]}),
        ("audience", {"users": ["x" * 256]}),
        ("audience", {"roles": ["king"]}),
        ("audience", {"topics": ["nonsense"]}),
    ],
)
def test_event_is_refused_when_a_field_is_wrong(
    client: APIClient, field: str, value: object
) -> None:
    answer = client.post(PATH, {**NEWS, field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Event.objects.exists()


def test_nobody_is_made_when_an_event_is_refused(client: APIClient) -> None:
    body = {**NEWS, "audience": {"users": ["new1"], "roles": ["king"]}}
    assert client.post(PATH, body).status_code == 400
    assert not User.objects.filter(external_id="new1").exists()
    assert ApiKey.objects.count() == 1
