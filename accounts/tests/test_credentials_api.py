"""`/api/v1/auth/verify`, `…/email`, `…/password/…`, as programs call them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from accounts import mailing, tokens
from accounts.models import OutgoingMail, SignIn, User
from accounts.tests.factories import PASSWORD, client_of, make_user

pytestmark = pytest.mark.django_db
AUTH = "/api/v1/auth"
NEW = "another-horse-battery"


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def token_in_the_newest_letter() -> str:
    mailing.send_due()
    (url,) = set(re.findall(r"http\S+token=\S+", str(mail.outbox[-1].body)))
    [token] = parse_qs(urlsplit(str(url)).query)["token"]
    return token


def test_address_is_verified_by_the_token_of_the_letter() -> None:
    client_of().post(f"{AUTH}/register", {"email": "ann@example.org", "password": PASSWORD})
    body = {"token": token_in_the_newest_letter()}
    for _ in range(2):
        answer = client_of().post(f"{AUTH}/verify", body)
        assert (answer.status_code, answer.json()["email_verified"]) == (200, True)


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "\\ud800"])
@pytest.mark.parametrize(
    ("path", "more"), [("verify", {}), ("password/reset/confirm", {"password": NEW})]
)
def test_token_that_is_none_of_ours_is_400(path: str, more: dict[str, str], token: str) -> None:
    answer = client_of().post(f"{AUTH}/{path}", {"token": token, **more})
    assert (answer.status_code, list(answer.json())) == (400, ["token"])


def test_letter_is_sent_again_when_asked_for(ann: User) -> None:
    assert client_of(ann).post(f"{AUTH}/verify/resend").status_code == 202
    assert client_of().post(f"{AUTH}/verify", {"token": token_in_the_newest_letter()}).json()["id"]
    assert client_of().post(f"{AUTH}/verify/resend").status_code == 401


def test_reset_answers_alike_for_everybody(ann: User) -> None:
    answers = [
        client_of().post(f"{AUTH}/password/reset", {"email": email})
        for email in ("ann@example.org", "nobody@example.org")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1


def test_reset_signs_in_with_the_new_password_only(ann: User) -> None:
    client_of().post(f"{AUTH}/password/reset", {"email": "ANN@example.org"})
    body = {"token": token_in_the_newest_letter(), "password": NEW}
    assert client_of().post(f"{AUTH}/password/reset/confirm", body).status_code == 204
    assert client_of().post(f"{AUTH}/password/reset/confirm", body).status_code == 400
    codes = [
        client_of().post(f"{AUTH}/token", {"email": ann.email, "password": password}).status_code
        for password in (PASSWORD, NEW)
    ]
    assert codes == [401, 200]


@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@example.org", "ann@example.org\nBcc: x", None, 1]
)
def test_reset_is_400_when_that_is_no_address(email: object) -> None:
    answer = client_of().post(f"{AUTH}/password/reset", {"email": email})
    assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert not OutgoingMail.objects.exists()


def test_password_changes_and_only_the_sign_in_that_asked_goes_on(ann: User) -> None:
    other = tokens.sign_in(ann)
    client = client_of(ann)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.post(f"{AUTH}/password/change", body).status_code == 204
    assert client.get(f"{AUTH}/me").status_code == 200
    assert SignIn.objects.filter(ended_at=None).count() == 1
    refused = client_of().post(f"{AUTH}/refresh", {"refresh_token": other["refresh_token"]})
    assert refused.status_code == 401


def test_session_that_changes_the_password_goes_on(ann: User) -> None:
    mine, other = Client(), Client()
    for client in (mine, other):
        client.force_login(ann)
    body = {"current_password": PASSWORD, "new_password": NEW}
    sent = mine.post(f"{AUTH}/password/change", body, content_type="application/json")
    assert sent.status_code == 204
    assert mine.get(f"{AUTH}/me").status_code == 200
    assert other.get(f"{AUTH}/me").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current_password": "wrong", "new_password": NEW}, "current_password"),
        ({"new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "12345678"}, "new_password"),
        ({"current_password": PASSWORD}, "new_password"),
    ],
)
def test_change_of_password_is_400_by_field(ann: User, body: dict[str, str], field: str) -> None:
    answer = client_of(ann).post(f"{AUTH}/password/change", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_address_changes_by_the_link_sent_to_the_new_one(ann: User) -> None:
    client = client_of(ann)
    body = {"email": "new@example.org", "current_password": PASSWORD}
    asked = client.post(f"{AUTH}/email", body)
    assert asked.status_code == 202
    assert (asked.json()["email"], asked.json()["new_email"]) == ("ann@example.org", body["email"])
    token = token_in_the_newest_letter()
    assert mail.outbox[-1].to == ["new@example.org"]
    changed = client_of().post(f"{AUTH}/verify", {"token": token}).json()
    assert (changed["email"], changed["new_email"]) == ("new@example.org", "")
    mailing.send_due()
    assert mail.outbox[-1].to == ["ann@example.org"]


def test_change_of_address_is_dropped_when_asked_to(ann: User) -> None:
    client = client_of(ann)
    client.post(f"{AUTH}/email", {"email": "new@example.org", "current_password": PASSWORD})
    assert client.delete(f"{AUTH}/email").status_code == 204
    assert client.get(f"{AUTH}/me").json()["new_email"] == ""
    mailing.send_due()
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "verify/resend"),
        ("post", "email"),
        ("delete", "email"),
        ("post", "password/change"),
    ],
)
def test_changes_are_for_people_who_are_signed_in(method: str, path: str) -> None:
    client: APIClient = client_of()
    assert getattr(client, method)(f"{AUTH}/{path}").status_code == 401


def test_name_is_one_line_of_what_can_be_seen_whoever_writes_it(ann: User) -> None:
    client = client_of(ann)
    hostile = "Ann\r\nBcc: x <b>\u202egro.elpmaxe"
    answer = client.patch(f"{AUTH}/me", {"name": hostile})
    assert answer.json()["name"] == "Ann Bcc: x <b>gro.elpmaxe"
    assert User.objects.get().name == "Ann Bcc: x <b>gro.elpmaxe"
