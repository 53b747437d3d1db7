from datetime import timedelta

import pytest
from django.utils.timezone import now
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import ApiKey, Role, Scope
from accounts.tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/keys"
WANTED = {"name": "billing", "scopes": ["events:write", "users:write"]}


@pytest.fixture
def admin() -> APIClient:
    return client_of(make_user(role=Role.ADMIN))


def with_key(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
    return client


def test_key_is_shown_once_when_it_is_made(admin: APIClient) -> None:
    made = admin.post(KEYS, WANTED)
    assert (made.status_code, made.json()["scopes"]) == (201, WANTED["scopes"])
    key = made.json()["key"]
    assert keys.key_of(key, now()).pk == made.json()["id"]
    [listed] = admin.get(KEYS).json()["results"]
    assert listed["name"] == "billing"
    assert "key" not in listed
    assert key.encode() not in bytes(ApiKey.objects.get().secret)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", ["events:write", "everything"]),
        ("scopes", []),
        ("scopes", "events:write!"),
        ("name", ""),
        ("name", "x\0"),
        ("expires_at", "2001-01-01T00:00:00Z"),
        ("expires_at", "soon"),
    ],
)
def test_key_is_not_made_when_a_field_is_wrong(admin: APIClient, field: str, value: object) -> None:
    answer = admin.post(KEYS, {**WANTED, field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("role", [None, Role.READER, Role.EDITOR])
def test_keys_are_for_admins(role: Role | None) -> None:
    client = client_of(make_user(role=role) if role else None)
    row, _ = keys.issue(name="x", scopes=[Scope.USERS_WRITE])
    code = 403 if role else 401
    answers = [client.get(KEYS), client.post(KEYS, WANTED), client.delete(f"{KEYS}/{row.pk}")]
    assert [answer.status_code for answer in answers] == [code] * 3


def test_key_is_nobody_where_a_person_is_asked_for() -> None:
    client = with_key(keys.issue(name="x", scopes=list(Scope))[1])
    assert client.get("/api/v1/auth/me").status_code == 403
    assert client.get("/api/v1/notifications").status_code == 403
    assert client.get(KEYS).status_code == 403
    assert client.get("/api/v1/topics").status_code == 200


def test_key_is_refused_when_it_was_deleted(admin: APIClient) -> None:
    row, key = keys.issue(name="x", scopes=[Scope.EVENTS_WRITE])
    assert admin.delete(f"{KEYS}/{row.pk}").status_code == 204
    answer = with_key(key).get("/api/v1/topics")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_key_is_refused_when_it_expired() -> None:
    row, key = keys.issue(name="x", scopes=[], expires_at=now() + timedelta(hours=1))
    assert keys.key_of(key, now()) == row
    with pytest.raises(keys.KeyRefusedError, match="expired"):
        keys.key_of(key, now() + timedelta(hours=2))


@pytest.mark.parametrize("text", ["", "x", "nn_1_", "nn_1_" + "a" * 43, "nn_" + "9" * 40 + "_a"])
def test_text_is_refused_when_it_is_no_key(text: str) -> None:
    keys.issue(name="x", scopes=[])
    assert with_key(text).get("/api/v1/topics").status_code == 401


def test_use_is_noted_once_a_minute() -> None:
    row, key = keys.issue(name="x", scopes=[])
    first = now()
    for later in (0, 30, 59, 61):
        keys.key_of(key, first + timedelta(seconds=later))
        row.refresh_from_db()
        assert row.last_used_at == first + timedelta(seconds=61 if later == 61 else 0)
