import pytest
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory

from accounts import sign_ins, tokens
from accounts.audit import OPERATOR
from accounts.models import AuditRecord, SignIn, User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"
CREDENTIALS = {"username": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def test_signing_in_on_a_page_begins_one_sign_in(client: Client, ann: User) -> None:
    client.post("/account/login", CREDENTIALS, headers={"User-Agent": "Reeder/5"})
    client.get("/inbox")
    row = SignIn.objects.get()
    assert (row.user, row.device, row.address) == (ann, "Reeder", "127.0.0.1")
    assert row.session_key == client.session.session_key
    assert AuditRecord.objects.filter(action="signed_in", actor=ann).count() == 1


def test_session_that_was_there_before_is_taken_in(client: Client, ann: User) -> None:
    client.force_login(ann)
    assert not SignIn.objects.exists()
    client.get("/inbox")
    assert SignIn.objects.get().session_key == client.session.session_key


def test_signing_out_on_a_page_ends_the_sign_in(client: Client, ann: User) -> None:
    client.post("/account/login", CREDENTIALS)
    client.post("/account/logout")
    assert SignIn.objects.get().ended_at is not None
    assert AuditRecord.objects.get(action="sign_in_ended").actor == ann


def test_signing_in_as_somebody_else_ends_the_sign_in(client: Client, ann: User) -> None:
    client.post("/account/login", CREDENTIALS)
    client.post("/account/signup", {"email": "bob@example.org", "password": PASSWORD})
    assert SignIn.objects.get(ended_at=None).user.email == "bob@example.org"
    assert SignIn.objects.exclude(ended_at=None).get().user == ann


def test_ended_sign_in_opens_nothing_although_a_cache_still_has_its_session(
    client: Client, ann: User
) -> None:
    client.force_login(ann)
    client.get("/inbox")
    key = str(client.session.session_key)
    cached = f"django.contrib.sessions.cached_db{key}"
    held = cache.get(cached)
    sign_ins.end_all(ann, by=OPERATOR)
    cache.set(cached, held)  # as in a process that did not hear of it
    assert SessionStore(key).load()["_auth_user_id"] == str(ann.pk)

    assert client.get("/inbox").headers["Location"].startswith("/account/login")
    assert client.get("/api/v1/auth/me").status_code == 401


def test_session_gives_no_tokens_when_its_sign_in_was_ended(client: Client, ann: User) -> None:
    client.force_login(ann)
    client.get("/inbox")
    SignIn.objects.update(ended_at="2026-01-01T00:00:00Z")
    assert client.post("/api/v1/auth/token", {}, JSON).status_code == 400
    assert SignIn.objects.count() == 1


def test_sign_in_goes_with_its_session_when_the_password_is_changed(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ann)
    client.get("/inbox")
    before = client.session.session_key
    request = RequestFactory().get("/")
    request.session, request.user = client.session, ann
    ann.set_password("other words of mine")
    ann.save()
    update_session_auth_hash(request, ann)
    request.session.save()
    client.cookies["sessionid"] = str(request.session.session_key)

    assert client.get("/inbox").status_code == 200
    row = SignIn.objects.get()
    assert row.session_key == request.session.session_key != before
    assert sign_ins.is_good(row)


def test_token_takes_in_no_session_of_somebody_else(client: Client, ann: User) -> None:
    client.force_login(make_user("bob@example.org"))
    header = {"Authorization": f"Bearer {tokens.sign_in(ann)['access_token']}"}
    assert client.get("/api/v1/auth/me", headers=header).json()["email"] == "ann@example.org"
    assert not SignIn.objects.exclude(user=ann).exists()
    assert Session.objects.count() == 1
