import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role, SignIn, User
from accounts.tests.factories import PASSWORD, client_of, make_user
from news.tests.factories import make_source, make_topic

pytestmark = pytest.mark.django_db
AUTH = "/api/v1/auth"
ANN = {"email": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def client() -> APIClient:
    return client_of()


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def sign_in(client: APIClient) -> dict[str, Any]:
    pair: dict[str, Any] = client.post(f"{AUTH}/token", ANN).json()
    return pair


def test_register_answers_the_user_when_all_is_well(client: APIClient) -> None:
    answer = client.post(f"{AUTH}/register", {**ANN, "email": "Ann@Example.org", "name": "Ann"})
    shown = answer.json()
    assert answer.status_code == 201
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "id": User.objects.get().pk,
        "email": "ann@example.org",
        "email_verified": False,
        "new_email": "",
        "name": "Ann",
        "timezone": "UTC",
        "language": "en",
        "role": "reader",
    }


def test_register_gives_no_role_when_one_is_asked_for(client: APIClient) -> None:
    assert client.post(f"{AUTH}/register", {**ANN, "role": "admin"}).json()["role"] == "reader"


def test_register_answers_400_when_email_is_known(client: APIClient, ann: User) -> None:
    answer = client.post(f"{AUTH}/register", {**ANN, "email": "ANN@example.org"})
    assert (answer.status_code, list(answer.json())) == (400, ["email"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "ann\0@example.org"),
        ("email", ["ann@example.org"]),
        ("email", None),
        ("email", f"{'a' * 250}@example.org"),
        ("password", "12345678"),
        ("password", {"a": 1}),
        ("password", "a\0bcdefghij"),
        ("timezone", "Mars/Olympus"),
        ("timezone", 5),
        ("language", "xx"),
        ("name", "n" * 151),
    ],
)
def test_register_answers_400_by_field_when_a_value_is_wrong(
    client: APIClient, field: str, value: object
) -> None:
    answer = client.post(f"{AUTH}/register", {**ANN, field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["email", "username"])
def test_token_answers_a_pair_when_credentials_are_right(
    client: APIClient, ann: User, name: str
) -> None:
    answer = client.post(f"{AUTH}/token", {name: "ANN@example.org", "password": PASSWORD})
    pair = answer.json()
    assert answer.status_code == 200
    assert (pair.pop("token_type"), pair.pop("expires_in")) == ("bearer", 900)
    assert set(pair) == {"access_token", "refresh_token"}


def test_token_answers_a_pair_when_sent_the_oauth2_form(client: APIClient, ann: User) -> None:
    form = f"grant_type=password&username=ann%40example.org&password={PASSWORD}"
    answer = client.post(f"{AUTH}/token", form, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")


def test_token_says_the_same_when_account_is_unknown_closed_or_password_wrong(
    client: APIClient, ann: User
) -> None:
    make_user("closed@example.org", is_active=False)
    answers = [
        client.post(f"{AUTH}/token", {"email": email, "password": password})
        for email, password in [
            ("ann@example.org", "wrong-password"),
            ("nobody@example.org", PASSWORD),
            ("closed@example.org", PASSWORD),
        ]
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"{}", b"[" * 100_000, b'{"email":"\\ud800","password":"x"}']
)
def test_token_answers_400_when_body_is_malformed(client: APIClient, body: bytes) -> None:
    answer = client.post(f"{AUTH}/token", body, content_type="application/json")
    assert answer.status_code == 400
    assert isinstance(answer.json(), dict)


def test_token_answers_415_when_content_type_is_unknown(client: APIClient) -> None:
    answer = client.post(f"{AUTH}/token", "x", content_type="text/plain")
    assert (answer.status_code, list(answer.json())) == (415, ["detail"])


def test_token_comes_by_session_when_csrf_token_is_sent(client: APIClient, ann: User) -> None:
    client.force_login(ann)
    client.cookies["csrftoken"] = "c" * 32
    refused = client.post(f"{AUTH}/token")
    given = client.post(f"{AUTH}/token", headers={"X-CSRFToken": "c" * 32})
    assert (refused.status_code, given.status_code) == (403, 200)
    assert SignIn.objects.get().user == ann


def test_refresh_rotates_and_ends_the_family_when_a_token_comes_again(
    client: APIClient, ann: User
) -> None:
    old = {"refresh_token": sign_in(client)["refresh_token"]}
    fresh = client.post(f"{AUTH}/refresh", old)
    assert fresh.status_code == 200
    assert set(fresh.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    again = client.post(f"{AUTH}/refresh", old)
    assert (again.status_code, again.headers["WWW-Authenticate"]) == (401, "Bearer")
    newest = {"refresh_token": fresh.json()["refresh_token"]}
    assert client.post(f"{AUTH}/refresh", newest).status_code == 401


def test_logout_answers_204_and_ends_refreshing_when_signed_in(
    client: APIClient, ann: User
) -> None:
    body = {"refresh_token": sign_in(client)["refresh_token"]}
    answer = client.post(f"{AUTH}/logout", body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.post(f"{AUTH}/refresh", body).status_code == 401


@pytest.mark.parametrize("verb", ["refresh", "logout"])
@pytest.mark.parametrize(("token", "code"), [("x", 401), ("", 400), (None, 400), (["x"], 400)])
def test_refresh_and_logout_refuse_when_token_is_odd(
    client: APIClient, verb: str, token: object, code: int
) -> None:
    assert client.post(f"{AUTH}/{verb}", {"refresh_token": token}).status_code == code


def test_stale_credentials_do_no_harm_when_signing_in(client: APIClient, ann: User) -> None:
    client.credentials(HTTP_AUTHORIZATION="Bearer stale")
    assert client.post(f"{AUTH}/token", ANN).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a b", "Basic YTpi", "x"])
def test_me_answers_401_when_credentials_are_no_good(client: APIClient, header: str) -> None:
    answer = client.get(f"{AUTH}/me", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "detail" in answer.json()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_me_answers_the_user_when_token_is_good(
    client: APIClient, ann: User, scheme: str, slash: str
) -> None:
    token = sign_in(client)["access_token"]
    answer = client.get(f"{AUTH}/me{slash}", headers={"Authorization": f"{scheme} {token}"})
    assert (answer.status_code, answer.json()["id"]) == (200, ann.pk)


def test_me_answers_401_when_account_was_closed_since(ann: User) -> None:
    client = client_of(ann)
    User.objects.update(is_active=False)
    assert client.get(f"{AUTH}/me").status_code == 401


def test_me_changes_what_a_person_may_when_patched(ann: User) -> None:
    body = {"timezone": "Asia/Tokyo", "language": "ru", "name": "A", "role": "admin", "email": "x"}
    answer = client_of(ann).patch(f"{AUTH}/me", body)
    ann.refresh_from_db()
    assert (answer.status_code, answer.json()["timezone"]) == (200, "Asia/Tokyo")
    assert (ann.timezone, ann.language, ann.name) == ("Asia/Tokyo", "ru", "A")
    assert (ann.role, ann.email) == ("reader", "ann@example.org")


@pytest.mark.parametrize(
    ("field", "value"), [("timezone", "Mars"), ("timezone", None), ("language", "xx"), ("name", [])]
)
def test_me_answers_400_by_field_when_patch_is_wrong(ann: User, field: str, value: object) -> None:
    answer = client_of(ann).patch(f"{AUTH}/me", {field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_times_stay_in_utc_when_a_page_of_another_zone_asks(ann: User) -> None:
    User.objects.update(timezone="Asia/Tokyo")
    client = client_of()
    client.force_login(ann)
    assert client.get(f"{AUTH}/me").json()["created_at"].endswith("Z")


@pytest.mark.parametrize("path", ["topics", "sources", "articles", "topics/tech"])
@pytest.mark.parametrize(("require_login", "code"), [(False, 200), (True, 401)])
def test_reading_needs_credentials_when_login_is_required(
    settings: Settings, path: str, require_login: bool, code: int
) -> None:
    settings.REQUIRE_LOGIN = require_login
    assert client_of().get(f"/api/v1/{path}").status_code == code
    assert client_of(make_user()).get(f"/api/v1/{path}").status_code == 200


@pytest.mark.parametrize(
    ("role", "code"), [(None, 401), (Role.READER, 403), (Role.EDITOR, 400), (Role.ADMIN, 400)]
)
def test_changing_is_for_editors_when_role_is_asked(role: Role | None, code: int) -> None:
    make_topic("own")
    source = make_source()
    client = client_of(make_user(role=role) if role else None)
    bad: dict[str, object] = {"slug": "", "name": [], "title": [], "force": []}
    for method, path in [
        ("post", "topics"),
        ("patch", "topics/own"),
        ("post", "sources"),
        ("patch", f"sources/{source.pk}"),
        ("post", f"sources/{source.pk}/crawl"),
    ]:
        answer = getattr(client, method)(f"/api/v1/{path}", bad)
        assert (path, answer.status_code) == (path, code)


def test_unknown_path_answers_json_404_when_posted_without_csrf(client: APIClient) -> None:
    for answer in (client.get("/api/v1/nothing/here"), client.post("/api/v1/nothing", {"a": 1})):
        assert answer.status_code == 404
        assert list(json.loads(answer.content)) == ["detail"]
