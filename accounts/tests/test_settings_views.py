import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.timezone import now

from accounts import links, sign_ins, tokens
from accounts.models import OutgoingMail, Role, SignIn, User
from accounts.sign_ins import Origin
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "another-horse-battery"
PAGES = ("/settings/profile", "/settings/security", "/settings/export", "/settings/delete")


@pytest.fixture
def ann(client: Client) -> User:
    ann = make_user("ann@example.org")
    client.force_login(ann)
    return ann


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_settings_are_for_people_who_are_signed_in(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/account/login?next={path}"


@pytest.mark.parametrize("path", PAGES)
def test_settings_are_kept_nowhere(client: Client, ann: User, path: str) -> None:
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_settings_begin_with_the_profile(client: Client, ann: User) -> None:
    assert client.get("/settings").headers["Location"] == "/settings/profile"


def test_profile_is_changed_and_nothing_else(client: Client, ann: User) -> None:
    User.objects.update(role=Role.EDITOR)
    form = {"name": "Ann", "timezone": "Asia/Tokyo", "language": "ru", "role": "admin"}
    client.post("/settings/profile", form)
    ann.refresh_from_db()
    assert (ann.name, ann.timezone, ann.language) == ("Ann", "Asia/Tokyo", "ru")
    assert ann.role == Role.EDITOR
    assert "Saved." in page(client, "/settings/profile")


@pytest.mark.parametrize(
    "wrong", [{"timezone": "Mars/Olympus"}, {"language": "xx"}, {"name": "n" * 151}]
)
def test_profile_says_why_when_a_value_is_wrong(
    client: Client, ann: User, wrong: dict[str, str]
) -> None:
    form = {"name": "Ann", "timezone": "UTC", "language": "en", **wrong}
    assert 'role="alert"' in client.post("/settings/profile", form).content.decode()
    ann.refresh_from_db()
    assert (ann.name, ann.timezone, ann.language) == ("", "UTC", "en")


def test_password_is_changed_and_this_browser_stays_signed_in(client: Client, ann: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ann)
    form = {"current_password": PASSWORD, "new_password": NEW}
    answer = client.post("/settings/security/password", form, follow=True)
    assert "You have a new password" in answer.content.decode()
    assert elsewhere.get("/settings/security").status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(NEW)


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("password", {"current_password": "x", "new_password": NEW}, "This is not your password"),
        ("password", {"current_password": PASSWORD, "new_password": "password1"}, "too common"),
        ("password", {}, "This field is required"),
        ("email", {"current_password": "x", "email": "n@example.org"}, "This is not your password"),
        (
            "email",
            {"current_password": PASSWORD, "email": "ann@example.org"},
            "There is an account",
        ),
        ("email", {"current_password": PASSWORD, "email": "a\nb@example.org"}, "valid email"),
    ],
)
def test_form_is_shown_again_and_says_why_it_was_refused(
    client: Client, ann: User, path: str, form: dict[str, str], words: str
) -> None:
    answer = client.post(f"/settings/security/{path}", form)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("path", ["password", "email", "verify"])
def test_signing_in_on_the_way_to_a_form_ends_at_its_page(
    client: Client, ann: User, path: str
) -> None:
    assert client.get(f"/settings/security/{path}").headers["Location"] == "/settings/security"


def test_new_address_waits_for_its_link_and_may_be_forgotten(client: Client, ann: User) -> None:
    form = {"current_password": PASSWORD, "email": "new@example.org"}
    client.post("/settings/security/email", form)
    assert "We sent a link to new@example.org" in page(client, "/settings/security")
    client.post("/settings/security/email", {"keep": "1"})
    assert "new@example.org" not in page(client, "/settings/security")
    client.post("/settings/security/email", form)
    ann.refresh_from_db()
    token = links.token(OutgoingMail.Kind.CHANGE_EMAIL, ann)
    assert "Confirm this address" in page(client, f"/account/verify?token={token}")
    client.post("/account/verify", {"token": token})
    assert "new@example.org</strong>" in page(client, "/settings/security")
    assert "Verified" in page(client, "/settings/security")


def test_everything_else_is_signed_out_at_once(client: Client, ann: User) -> None:
    client.get("/inbox")
    assert "Sign out everywhere else" not in page(client, "/settings/security")
    tokens.sign_in(ann)
    other = Client()
    other.force_login(ann)
    other.get("/inbox")
    assert "Sign out everywhere else" in page(client, "/settings/security")
    client.post("/settings/security/sign-ins/end")
    assert other.get("/inbox").status_code == 302
    assert SignIn.objects.get(ended_at=None).session_key == client.session.session_key
    assert "Signed out everywhere else." in page(client, "/settings/security")


def test_link_is_sent_again_on_request(client: Client, ann: User) -> None:
    assert "Send the link again" in page(client, "/settings/security")
    client.post("/settings/security/verify")
    assert OutgoingMail.objects.get().kind == "verify"


def test_name_with_markup_is_shown_as_text(client: Client, ann: User) -> None:
    form = {"name": "<img src=x onerror=alert(1)>\"'", "timezone": "UTC", "language": "en"}
    client.post("/settings/profile", form)
    shown = page(client, "/settings/profile")
    assert "<img src=x" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_sign_ins_are_listed_and_ended(client: Client, ann: User) -> None:
    elsewhere = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"})
    elsewhere.force_login(ann)
    assert elsewhere.get("/settings/security").status_code == 200
    client.get("/inbox")  # a session is known as a sign-in from its first answer on
    shown = page(client, "/settings/security")
    assert "Firefox on Linux" in shown
    assert shown.count("This one") == 1
    [path] = re.findall(r'action="(/settings/security/sign-ins/\d+/end)"', shown)
    assert client.get(path).headers["Location"] == "/settings/security"
    answer = client.post(path, follow=True).content.decode()
    assert ("Signed out there." in answer, "Firefox on Linux" in answer) == (True, False)
    assert elsewhere.get("/settings/security").status_code == 302
    assert client.post(path).status_code == 404


def test_sign_ins_of_others_are_not_found(client: Client, ann: User) -> None:
    theirs = sign_ins.begin(user=make_user(), origin=Origin())
    assert client.post(f"/settings/security/sign-ins/{theirs.pk}/end").status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_sign_ins_are_listed_where_a_page_has_them() -> None:
    rows = [
        SimpleNamespace(pk=number, device=device, address="192.0.2.1", last_used_at=now())
        for number, device in ((1, "Firefox <b>"), (2, ""))
    ]
    shown = render_to_string("accounts/_sessions.html", {"sign_ins": rows, "current": rows[0]})
    assert "Firefox &lt;b&gt;" in shown
    assert "Unknown device" in shown
    assert shown.count("This one") == 1
    assert render_to_string("accounts/_sessions.html").strip() == ""
