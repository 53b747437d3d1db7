import re

import pytest
from django.core import mail
from django.test import Client

from accounts import links, mailing
from accounts.models import OutgoingMail, User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
Kind = OutgoingMail.Kind
NEW = "another-horse-battery"


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def link_in_the_newest_letter() -> str:
    mailing.send_due()
    (url,) = set(re.findall(r"http://[^/\s]+(/\S+token=\S+)", str(mail.outbox[-1].body)))
    return str(url)


def text(client: Client, path: str, code: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == code
    return response.content.decode()


def confirmed(client: Client, link: str) -> str:
    """Open a link and press the button that it leads to."""
    token = re.search(r'name="token" value="([^"]+)"', text(client, link))
    assert token
    return client.post("/account/verify", {"token": token[1]}).content.decode()


def test_sign_up_sends_a_link_that_verifies_also_on_another_device(client: Client) -> None:
    client.post("/account/signup", {"email": "ann@example.org", "password": PASSWORD})
    assert "We sent a link to ann@example.org" in text(client, "/topics")
    link = link_in_the_newest_letter()
    assert "Your e-mail is verified" in confirmed(Client(), link)
    assert User.objects.get().is_email_verified
    assert "Your e-mail is verified" in confirmed(client, link)


def test_link_is_not_used_by_who_only_looks_whether_it_works(ann: User) -> None:
    path = f"/account/verify?token={links.token(Kind.VERIFY, ann)}"
    for client in (Client(), Client()):
        assert client.head(path).status_code == 200
        assert "Confirm this address" in text(client, path)
    assert not User.objects.get().is_email_verified


@pytest.mark.parametrize("token", ["", "x", "%00", "%ff", "<script>"])
def test_link_that_is_none_of_ours_says_so(client: Client, token: str) -> None:
    assert "This link is over" in text(client, f"/account/verify?token={token}", 400)
    refused = client.post("/account/verify", {"token": token})
    assert (refused.status_code, "This link is over" in refused.content.decode()) == (400, True)
    assert "This link no longer works" in text(
        client, f"/account/password/reset?token={token}", 400
    )


def test_forgotten_password_is_replaced_by_the_link_in_a_letter(client: Client, ann: User) -> None:
    assert 'href="/account/password"' in text(client, "/account/login")
    sent = client.post("/account/password", {"email": "Ann@example.org"}, follow=True)
    assert "Check your e-mail" in sent.content.decode()
    path = link_in_the_newest_letter()
    assert "Choose a new password" in text(client, path)
    form = {"token": path.partition("token=")[2].replace("%3A", ":"), "password": NEW}
    weak = client.post("/account/password/reset", {**form, "password": "password1"})
    assert "too common" in weak.content.decode()
    done = client.post("/account/password/reset", form, follow=True)
    assert "You have a new password" in done.content.decode()
    assert "_auth_user_id" not in client.session
    credentials = {"username": "ann@example.org", "password": NEW}
    assert client.post("/account/login", credentials).status_code == 302
    again = client.post("/account/password/reset", form)
    assert (again.status_code, "This link no longer works" in again.content.decode()) == (400, True)


def test_forgotten_password_answers_alike_for_everybody(client: Client, ann: User) -> None:
    answers = [
        client.post("/account/password", {"email": email}, follow=True).content.decode()
        for email in ("ann@example.org", "nobody@example.org")
    ]
    told = {re.sub(r'nonce="[^"]+"', "", answer) for answer in answers}
    assert len(told) == 1


def test_pages_with_a_link_in_their_address_are_kept_nowhere(client: Client, ann: User) -> None:
    for kind, path in ((Kind.VERIFY, "verify"), (Kind.RESET_PASSWORD, "password/reset")):
        response = client.get(f"/account/{path}?token={links.token(kind, ann)}")
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"
