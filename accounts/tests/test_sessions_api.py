import pytest
from django.test import Client

from accounts.models import SignIn, User
from accounts.tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
SESSIONS = "/api/v1/auth/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


@pytest.fixture
def page(ann: User) -> Client:
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(ann)
    client.get("/inbox")
    return client


def test_sessions_tell_where_a_person_is_signed_in(page: Client, ann: User) -> None:
    listed = client_of(ann).get(SESSIONS).json()
    assert listed["count"] == 2
    token, session = listed["results"]
    assert set(token) == {
        "id",
        "kind",
        "device",
        "address",
        "created_at",
        "last_used_at",
        "current",
    }
    assert (token["kind"], token["current"]) == ("token", True)
    assert (session["kind"], session["current"]) == ("page", False)
    assert (session["device"], session["address"]) == ("Firefox on Linux", "127.0.0.1")
    assert [row["current"] for row in page.get(SESSIONS).json()["results"]] == [False, True]


def test_sessions_are_nobody_else_s(page: Client, ann: User) -> None:
    bob = client_of(make_user())
    assert bob.get(SESSIONS).json()["count"] == 1
    assert bob.delete(f"{SESSIONS}/{SignIn.objects.get(user=ann).pk}").status_code == 404


def test_session_is_ended_at_once_from_another_device(page: Client, ann: User) -> None:
    phone = client_of(ann)
    pk = SignIn.objects.exclude(session_key="").get().pk
    assert phone.delete(f"{SESSIONS}/{pk}").status_code == 204
    assert phone.delete(f"{SESSIONS}/{pk}").status_code == 404
    assert page.get(SESSIONS).status_code == 401


def test_token_ends_itself(ann: User) -> None:
    phone = client_of(ann)
    assert phone.delete(f"{SESSIONS}/{SignIn.objects.get().pk}").status_code == 204
    assert phone.get(SESSIONS).status_code == 401


def test_page_ends_its_own_session(page: Client) -> None:
    answer = page.delete(f"{SESSIONS}/{SignIn.objects.get().pk}")
    assert answer.status_code == 204
    assert SignIn.objects.get().ended_at is not None
    assert page.get("/inbox").headers["Location"].startswith("/account/login")


def test_sign_in_by_the_api_notes_device_and_place(ann: User) -> None:
    body = {"email": "ann@example.org", "password": "correct-horse-battery"}
    client_of().post("/token", body, headers={"User-Agent": "FeedMe/4.2 (Linux; Android 14)"})
    assert SignIn.objects.values_list("device", "address").get() == (
        "FeedMe on Android",
        "127.0.0.1",
    )
