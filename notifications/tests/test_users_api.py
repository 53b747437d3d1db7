from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, Scope, User
from accounts.tests.factories import client_of, make_user
from notifications.models import Channel
from notifications.tests.test_events_api import producer
from subscriptions.tests.test_preferences import DEFAULTS

pytestmark = pytest.mark.django_db
PATH = "/api/v1/users/bob"
BOB: dict[str, Any] = {
    "email": "Bob@Example.org",
    "phone": "+491711234567",
    "name": "Bob",
    "timezone": "Europe/Berlin",
    "language": "ru",
    "preferences": {"subscribed": True, "topic": ["tech"]},
}


@pytest.fixture
def client() -> APIClient:
    return producer(Scope.USERS_WRITE, Scope.EVENTS_WRITE)


def test_recipient_is_made_with_his_channels_and_preferences(client: APIClient) -> None:
    answer, user = client.put(PATH, BOB), User.objects.get(external_id="bob")
    assert answer.status_code == 201
    assert answer.json() == {
        **BOB,
        "id": user.pk,
        "external_id": "bob",
        "email": "bob@example.org",
        "preferences": {
            **DEFAULTS,
            "topic": ["tech"],
            "delivery": {**DEFAULTS["delivery"], "timezone": "Europe/Berlin"},
            "language": BOB["language"],
        },
    }
    assert Channel.objects.filter(user=user, verified_at__isnull=False).count() == 2
    assert not user.has_usable_password()


def test_recipient_keeps_what_is_not_named(client: APIClient) -> None:
    first = client.put(PATH, BOB).json()
    again = client.put(PATH, {"name": "Robert"})
    assert (again.status_code, again.json()) == (200, {**first, "name": "Robert"})
    moved = client.put(PATH, {"email": "new@example.org", "phone": ""}).json()
    assert (moved["email"], moved["phone"]) == ("new@example.org", None)
    assert Channel.objects.count() == 1


def test_recipient_hears_nothing_by_matching_until_he_is_subscribed(client: APIClient) -> None:
    assert client.put(PATH, {}).json()["preferences"]["subscribed"] is False


def test_recipient_is_found_by_his_address_when_it_is_his_alone(client: APIClient) -> None:
    pk = client.put(PATH, BOB).json()["id"]
    body = {"user_id": "BOB@example.org", "message": "m"}
    assert client.post("/api/v1/notifications", body).json()["user_id"] == pk
    client.put("/api/v1/users/bobby", {"email": BOB["email"]})
    assert client.post("/api/v1/notifications", body).status_code == 400
    account = make_user("bob@example.org")
    assert client.post("/api/v1/notifications", body).json()["user_id"] == account.pk


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "bob"),
        ("phone", "0171 1234567"),
        ("phone", "+49"),
        ("timezone", "Mars"),
        ("language", "xx"),
        ("name", "x" * 151),
        ("name", "nul\0"),
        ("preferences", {"topic": ["nonsense"]}),
        ("preferences", []),
    ],
)
def test_recipient_is_not_made_when_a_field_is_wrong(
    client: APIClient, field: str, value: object
) -> None:
    answer = client.put(PATH, {**BOB, field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not User.objects.filter(external_id="bob").exists()


def test_recipients_are_made_by_those_with_the_scope() -> None:
    callers = [client_of(), client_of(make_user()), producer(Scope.EVENTS_WRITE)]
    assert [each.put(PATH, BOB).status_code for each in callers] == [401, 403, 403]
    assert client_of(make_user(role=Role.ADMIN)).put(PATH, BOB).status_code == 201
