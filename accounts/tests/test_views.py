import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, permission_denied, server_error

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = {"email": "Ann@Example.org", "password": PASSWORD, "timezone": "Europe/Berlin"}


def test_signup_signs_in_and_leads_to_topics_when_new(client: Client) -> None:
    response = client.post("/account/signup", NEW)
    user = User.objects.get(email="ann@example.org")
    assert response.headers["Location"] == "/topics"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.timezone == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["", "Atlantis/Deep"])
def test_signup_keeps_utc_when_browser_names_no_known_zone(client: Client, zone: str) -> None:
    client.post("/account/signup", {**NEW, "timezone": zone})
    assert User.objects.get().timezone == "UTC"


def test_signup_takes_language_of_the_request(client: Client) -> None:
    client.post("/account/signup", NEW, headers={"accept-language": "ru,en;q=0.5"})
    assert User.objects.get().language == "ru"


def test_signup_says_why_when_password_is_common(client: Client) -> None:
    response = client.post("/account/signup", {**NEW, "password": "password1"})
    assert "too common" in response.content.decode()
    assert not User.objects.exists()


def test_signup_says_why_when_email_is_known(client: Client) -> None:
    make_user("ann@example.org")
    response = client.post("/account/signup", NEW)
    assert "There is an account with this e-mail" in response.content.decode()


def test_signup_returns_to_where_a_visitor_came_from_when_that_is_here(client: Client) -> None:
    page = client.get("/account/signup?next=/sources").content.decode()
    assert 'name="next" value="/sources"' in page
    response = client.post("/account/signup", {**NEW, "next": "/sources"})
    assert response.headers["Location"] == "/sources"


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_next_leads_nowhere_else_when_it_names_another_site(client: Client, next_url: str) -> None:
    assert (
        client.post("/account/signup", {**NEW, "next": next_url}).headers["Location"] == "/topics"
    )
    client.logout()
    credentials = {"username": NEW["email"], "password": PASSWORD, "next": next_url}
    assert client.post("/account/login", credentials).headers["Location"] == "/inbox"


def test_login_signs_in_when_email_differs_in_case_only(client: Client) -> None:
    make_user("ann@example.org")
    client.post("/account/login", {"username": "ANN@example.ORG", "password": PASSWORD})
    assert "_auth_user_id" in client.session


def test_login_answers_alike_when_account_is_unknown_closed_or_password_wrong(
    client: Client,
) -> None:
    make_user("ann@example.org")
    make_user("closed@example.org", is_active=False)
    answers = {
        client.post("/account/login", {"username": email, "password": password})
        .content.decode()
        .split('role="alert">')[1]
        .split("<")[0]
        for email, password in [
            ("ann@example.org", "wrong"),
            ("closed@example.org", PASSWORD),
            ("nobody@example.org", PASSWORD),
        ]
    }
    assert len(answers) == 1


def test_login_goes_on_to_inbox_when_signed_in_already(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/account/login").headers["Location"] == "/inbox"
    assert client.get("/account/signup").headers["Location"] == "/topics"


def test_logout_asks_first_and_ends_the_session_when_confirmed(client: Client) -> None:
    client.force_login(make_user())
    assert "Sign out?" in client.get("/account/logout").content.decode()
    assert "_auth_user_id" in client.session
    assert client.post("/account/logout").headers["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_news_pages_lead_to_sign_in_when_house_is_closed(
    client: Client, settings: LazySettings
) -> None:
    settings.REQUIRE_LOGIN = True
    for path in ("/topics", "/sources", "/articles", "/articles/1"):
        assert client.get(path).headers["Location"] == f"/account/login?next={path}"
    client.force_login(make_user())
    assert client.get("/articles").status_code == 200


def test_unknown_page_has_the_look_of_the_house(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "This page is not here" in response.content.decode()


def test_form_without_token_is_refused_with_a_page_that_helps() -> None:
    response = Client(enforce_csrf_checks=True).post("/account/login", {"username": "a@b.c"})
    assert response.status_code == 403
    assert "send the form once more" in response.content.decode()


def test_error_pages_render_when_nothing_but_the_request_is_known() -> None:
    request = RequestFactory().get("/")
    assert b"Something broke" in server_error(request).content
    assert b"made no sense" in bad_request(request, ValueError()).content
    assert b"not open to you" in permission_denied(request, ValueError()).content
