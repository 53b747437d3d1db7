from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role, Scope, User
from accounts.tests.factories import client_of, make_user
from notifications.fanout import fan_out_due
from notifications.models import Event, Inbox, Notification
from notifications.tests.test_events_api import producer
from subscriptions.models import Preferences

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications"
WELCOME: dict[str, Any] = {
    "user_id": "user123",
    "title": "Welcome!",
    "message": "Welcome to our platform",
    "type": "email",
    "metadata": {"priority": "high", "category": "welcome"},
}


@pytest.fixture
def client() -> APIClient:
    return producer()


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def notified(client: APIClient, **fields: Any) -> Any:
    answer = client.post(PATH, {**WELCOME, **fields})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_notification_is_made_in_the_request_for_a_recipient_nobody_knew(client: APIClient) -> None:
    answer = client.post(PATH, WELCOME)
    shown, user = answer.json(), User.objects.get(external_id="user123")
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"{PATH}/{shown['id']}")
    wanted = {
        "user_id": user.pk,
        "external_id": "user123",
        "title": "Welcome!",
        "message": "Welcome to our platform",
        "type": "email",
        "status": "suppressed",  # he has no channel of this kind; it is in his inbox
        "priority": "high",
        "category": "welcome",
        "metadata": WELCOME["metadata"],
        "read": False,
    }
    assert {name: shown[name] for name in wanted} == wanted
    assert client.get(answer.headers["Location"]).json() == shown
    assert client.get("/api/v1/users/user123/notifications").json()["results"] == [shown]
    assert not user.has_usable_password()
    assert Preferences.objects.get(user=user).is_subscribed is False
    assert Inbox.objects.get(user=user).unread == 1


@pytest.mark.parametrize("name", ["ann@example.org", "ANN@example.org", "{pk}", None])
def test_user_is_found_by_any_of_his_names(client: APIClient, ann: User, name: str | None) -> None:
    user_id = name.format(pk=ann.pk) if name else ann.pk
    assert notified(client, user_id=user_id)["user_id"] == ann.pk
    assert User.objects.count() == 1


def test_external_id_is_one_whatever_it_looks_like(client: APIClient, ann: User) -> None:
    first, again = notified(client, user_id=f"ext:{ann.pk}"), notified(client, user_id="ext:x")
    assert first["user_id"] != ann.pk
    assert notified(client, user_id="x")["user_id"] == again["user_id"]
    assert notified(client, user_id="X")["user_id"] != again["user_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", "99999"),
        ("user_id", "nobody@example.org"),
        ("user_id", ""),
        ("user_id", None),
        ("user_id", "ext:"),
        ("user_id", "nul\0"),
        ("message", ""),
        ("type", "pigeon"),
        ("metadata", []),
        ("metadata", {"priority": "urgent"}),
        ("metadata", {"category": "no slug!"}),
        ("url", "javascript:x"),
    ],
)
def test_notification_is_refused_when_a_field_is_wrong(
    client: APIClient, field: str, value: object
) -> None:
    answer = client.post(PATH, {**WELCOME, field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Event.objects.exists()


def test_title_is_empty_when_none_was_given(client: APIClient) -> None:
    answer = client.post(PATH, {"user_id": "x", "message": "m"})
    assert (answer.json()["title"], answer.json()["type"]) == ("", "in_app")


def test_notification_is_made_once_when_its_key_comes_again(client: APIClient) -> None:
    headers = {"Idempotency-Key": "a"}
    answers = [client.post(PATH, WELCOME, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Notification.objects.count() == 1


def test_pending_notification_is_its_producer_s_until_its_release(
    client: APIClient, ann: User
) -> None:
    later = now() + timedelta(hours=1)
    shown = notified(client, user_id=ann.pk, release_time=later.isoformat(), type="in_app")
    reader = client_of(ann)
    assert shown["status"] == "pending"
    assert client.get(f"{PATH}/{shown['id']}").json()["status"] == "pending"
    assert reader.get(f"{PATH}/{shown['id']}").status_code == 404
    assert reader.get(PATH).json()["count"] == 0
    assert reader.get(f"{PATH}/counts").json() == {"unread": 0}
    assert fan_out_due(later) == 1
    [row] = reader.get(PATH).json()["results"]
    assert (row["id"], row["status"], row["cursor"]) == (shown["id"], "delivered", "1.1")
    assert reader.get(f"{PATH}/counts").json() == {"unread": 1}
    assert fan_out_due(later) == 0


def test_pending_notification_is_never_seen_when_its_event_is_recalled(
    client: APIClient, ann: User
) -> None:
    later = now() + timedelta(hours=1)
    shown = notified(client, user_id=ann.pk, release_time=later.isoformat())
    assert client.delete(f"/api/v1/events/{shown['event_id']}").status_code == 204
    assert fan_out_due(later) == 0
    assert client.get(f"{PATH}/{shown['id']}").status_code == 404


# Who may


def test_reader_notifies_himself_and_nobody_else(ann: User) -> None:
    client = client_of(ann)
    assert notified(client, user_id=ann.pk)["user_id"] == ann.pk
    for name in (make_user().pk, "user123", "nobody@example.org"):
        answer = client.post(PATH, {**WELCOME, "user_id": name})
        assert (answer.status_code, "API key" in answer.json()["detail"]) == (403, True)
    assert Notification.objects.count() == 1
    assert User.objects.count() == 2


def test_notifying_needs_credentials_or_the_scope(ann: User) -> None:
    assert client_of().post(PATH, WELCOME).status_code == 401
    assert producer(Scope.USERS_WRITE).post(PATH, WELCOME).status_code == 403
    assert client_of(make_user(role=Role.ADMIN)).post(PATH, WELCOME).status_code == 201


def test_notification_is_seen_by_its_own_and_nobody_else(client: APIClient, ann: User) -> None:
    path = f"{PATH}/{notified(client, user_id=ann.pk)['id']}"
    admin, reads_any = client_of(make_user(role=Role.ADMIN)), producer(Scope.NOTIFICATIONS_READ_ANY)
    allowed = [client, client_of(ann), admin, reads_any]
    assert [each.get(path).status_code for each in allowed] == [200] * 4
    others = [producer(), client_of(make_user())]
    assert [each.get(path).status_code for each in others] == [404, 404]
    assert client_of().get(path).status_code == 401


def test_list_of_a_user_shows_each_caller_what_is_its(client: APIClient, ann: User) -> None:
    notified(client, user_id=ann.pk)
    path = f"/api/v1/users/{ann.pk}/notifications"
    counts = [
        each.get(path).json().get("count")
        for each in (client_of(ann), client, producer(), producer(Scope.NOTIFICATIONS_READ_ANY))
    ]
    assert counts == [1, 1, 0, 1]
    assert client_of(ann).get("/api/v1/users/me/notifications").json()["count"] == 1
    assert client_of(make_user()).get(path).status_code == 404
    assert client.get("/api/v1/users/nobody/notifications").status_code == 404
    assert client.get("/api/v1/users/me/notifications").status_code == 404
    assert client_of().get(path).status_code == 401


def test_recipient_changes_and_deletes_what_is_his(client: APIClient, ann: User) -> None:
    path = f"{PATH}/{notified(client, user_id=ann.pk)['id']}"
    assert client.patch(path, {"read": True}).status_code == 403
    assert client.delete(path).status_code == 403
    reader = client_of(ann)
    assert reader.patch(path, {"read": True}).json()["read"] is True
    assert reader.delete(path).status_code == 204
    assert [each.get(path).status_code for each in (reader, client)] == [404, 404]
    assert reader.get(PATH).json()["count"] == 0


# Status


@pytest.mark.parametrize(
    ("steps", "unread"),
    [
        (["read"], 0),
        (["read", "delivered"], 1),
        (["delivered"], 1),
        (["archived"], 0),
        (["archived", "read"], 0),
        (["read", "archived", "read", "delivered"], 1),
    ],
)
def test_status_goes_the_ways_of_its_recipient(
    client: APIClient, ann: User, steps: list[str], unread: int
) -> None:
    path = f"{PATH}/{notified(client, user_id=ann.pk, type='in_app')['id']}/status"
    for status in steps:
        answer = client_of(ann).patch(path, {"status": status})
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert Inbox.objects.get(user=ann).unread == unread


@pytest.mark.parametrize("status", ["failed", "pending", "sent", "held", "suppressed"])
def test_status_answers_409_with_the_legal_ones_when_a_step_is_none(
    client: APIClient, ann: User, status: str
) -> None:
    path = f"{PATH}/{notified(client, user_id=ann.pk, type='in_app')['id']}/status"
    answer = client_of(ann).patch(path, {"status": status})
    assert answer.status_code == 409
    assert "legal: read, archived" in answer.json()["detail"]
    assert client.patch(path, {"status": status}).status_code == 409


@pytest.mark.parametrize("status", ["delivered", "failed"])
def test_producer_says_what_became_of_what_is_pending(
    client: APIClient, ann: User, status: str
) -> None:
    later = (now() + timedelta(hours=1)).isoformat()
    row = notified(client, user_id=ann.pk, release_time=later)
    answer = client.patch(f"{PATH}/{row['id']}/status", {"status": status})
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert producer().patch(f"{PATH}/{row['id']}/status", {"status": status}).status_code == 404


def test_status_is_refused_when_it_is_none(client: APIClient, ann: User) -> None:
    path = f"{PATH}/{notified(client, user_id=ann.pk)['id']}/status"
    bodies: list[Any] = [{}, {"status": "lost"}, {"status": None}, []]
    for body in bodies:
        assert client_of(ann).patch(path, body).status_code == 400


def test_title_is_one_line_of_what_can_be_seen(client: APIClient, ann: User) -> None:
    title = "Sale\r\nBcc: x\t\u202e<b>\u2066now\u200b</b>"
    assert notified(client, user_id=ann.pk, title=title)["title"] == "Sale Bcc: x <b>now</b>"
    body = {"title": "\u202e\u200b", "message": "m"}
    refused = client.post("/api/v1/events", body)
    assert (refused.status_code, list(refused.json())) == (400, ["title"])


# OPEN_INGEST


def test_anybody_is_served_for_recipients_when_ingest_is_open(
    settings: Settings, ann: User
) -> None:
    settings.OPEN_INGEST = True
    client = client_of()
    row = notified(client)
    path = f"{PATH}/{row['id']}"
    assert client.get(path).json() == row
    assert client.get("/api/v1/users/user123/notifications").json()["count"] == 1
    assert client.patch(f"{path}/status", {"status": "read"}).json()["status"] == "read"
    assert client.patch(path, {"read": False}).json()["read"] is False
    assert client.delete(path).status_code == 204
    hers = notified(client, user_id=ann.pk)
    assert client.get(f"{PATH}/{hers['id']}").status_code == 404
    assert client.get(f"/api/v1/users/{ann.pk}/notifications").status_code == 404
    assert client.get(PATH).status_code == 401
    assert client.post("/api/v1/events", {"title": "a", "message": "b"}).status_code == 401
    assert notified(client_of(make_user()), user_id=ann.pk)["user_id"] == ann.pk
