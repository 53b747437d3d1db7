"""What every answer tells browsers, whatever page it is and whoever asks."""

import contextlib
import http.client
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver
from rest_framework.renderers import BrowsableAPIRenderer

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, client_of, make_user
from news.models import Topic
from news.tests.factories import make_article, make_source
from newsnotify.asgi import make_application
from newsnotify.lib.tests.asgi_serving import serve
from notifications.realtime.hub import Hubs
from notifications.tests.factories import tell

pytestmark = pytest.mark.django_db

JSON = "application/json"
FORBIDDEN = ("default-src", "base-uri", "frame-ancestors")
OF_OTHERS = ("/admin/", "/docs", "/redoc")
ROWS = {"<int:pk>": "1", "<slug:slug>": "tech", "<path:path>": "nowhere", "<str:name>": "me"}


def paths(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """List every route of ours, the first row's where it names one, and the admin's front page."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        for name, value in ROWS.items():
            route = route.replace(name, value)
        if isinstance(pattern, URLPattern):
            yield route
        elif pattern.namespace == "admin":
            yield "/admin/"
        else:
            yield from paths(pattern.url_patterns, route)


PATHS = sorted({*paths(get_resolver().url_patterns), "/nowhere", "/admin/accounts/user/"})


@pytest.fixture
def rows() -> None:
    """Make the first row of each table that a route names one of."""
    topic = Topic.objects.get(slug="tech")
    make_article(make_source(topic=topic), pk=1)
    tell(make_user(), topic=topic)


def visitors() -> Iterator[Client]:
    yield Client()
    for role in (Role.READER, Role.ADMIN):
        client = Client()
        client.force_login(make_user(role=role, is_superuser=role == Role.ADMIN))
        yield client


def policy(response: HttpResponseBase) -> dict[str, str]:
    text = response.headers["Content-Security-Policy"]
    directives = (part.strip().partition(" ") for part in text.split(";"))
    return {name: sources for name, _, sources in directives}


def is_ours(path: str, response: HttpResponseBase) -> bool:
    renderer = getattr(response, "accepted_renderer", None)
    return not (path.startswith(OF_OTHERS) or isinstance(renderer, BrowsableAPIRenderer))


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("path", PATHS)
def test_answer_forbids_what_no_page_of_ours_needs(path: str) -> None:
    for client in visitors():
        response = client.get(path, headers={"accept": "text/html,*/*"})
        headers, found = response.headers, policy(response)
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert {found[name] for name in FORBIDDEN} == {"'none'"}
        assert ("'unsafe-eval'" in found["script-src"]) == path.startswith("/admin/")
        assert "'unsafe-inline'" not in found["script-src"]
        if is_ours(path, response):
            assert found["script-src"].startswith("'nonce-") or not found["script-src"]
            assert found["style-src"] == "'self'"
            assert b"<style" not in response.content
            assert b" style=" not in response.content


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("GET", "/static/newsnotify/app.css", 0),
        ("GET", "/static/nowhere", 0),
        ("POST", "/api/v1/events", 1024**2 + 1),
    ],
)
def test_answer_is_not_guessed_at_when_django_is_not_asked(
    method: str, path: str, size: int
) -> None:
    with serve(make_application(Hubs()), lifespan="on") as address:
        connection = http.client.HTTPConnection(address, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, b"x" * size)
            assert connection.getresponse().headers["X-Content-Type-Options"] == "nosniff"


def test_nonce_is_new_for_each_page_and_on_each_of_its_scripts(client: Client) -> None:
    seen = set()
    for _ in range(3):
        response = client.get("/account/login")
        nonce = policy(response)["script-src"].removeprefix("'nonce-").removesuffix("'")
        html = response.content.decode()
        assert html.count("<script") == html.count(f'nonce="{nonce}"') > 0
        seen.add(nonce)
    assert len(seen) == 3


def test_https_is_insisted_on_where_the_house_has_it(
    client: Client, settings: LazySettings
) -> None:
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    header = Client().get("/", secure=True).headers["Strict-Transport-Security"]
    assert header.startswith("max-age=31536000; includeSubDomains")
    assert "Strict-Transport-Security" not in client.get("/").headers


@pytest.mark.parametrize("is_https", [True, False])
def test_cookies_are_kept_from_scripts_and_other_sites(
    client: Client, settings: LazySettings, is_https: bool
) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = is_https
    make_user("ann@example.org")
    client.get("/account/login")
    client.post("/account/login", {"username": "ann@example.org", "password": PASSWORD})
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"]
    for cookie in (session, csrf):
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) == is_https


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("path", ["/inbox", "/articles", "/topics", "/api/v1/auth/me"])
def test_what_somebody_is_shown_is_in_no_cache_that_others_share(path: str) -> None:
    session, user = Client(), make_user()
    session.force_login(user)
    for client in (session, client_of(user)):
        assert client.get(path).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.usefixtures("rows")
def test_what_everybody_is_shown_may_be_kept(client: Client) -> None:
    assert "Cache-Control" not in client.get("/api/v1/articles").headers


def test_tokens_are_kept_nowhere(client: Client) -> None:
    user = make_user()
    answer = client.post("/token", {"username": user.email, "password": PASSWORD}, JSON)
    assert answer.json()["access_token"]
    assert answer.headers["Cache-Control"] == "no-store"


FORMS = (
    "/account/login",
    "/account/signup",
    "/account/logout",
    "/account/password",
    "/account/password/reset",
    "/account/verify",
    "/account/second-step",
    "/settings",
    "/settings/profile",
    "/settings/security/password",
    "/settings/security/email",
    "/settings/security/verify",
    "/settings/security/sign-ins/1/end",
    "/settings/security/sign-ins/end",
    "/settings/security/app",
    "/settings/security/passkeys",
    "/settings/security/passkeys/1",
    "/settings/security/recovery-codes",
    "/settings/delete",
    "/settings/preferences",
    "/settings/channels",
    *(
        f"/settings/channels/1/{name}"
        for name in ("ask", "remove", "secret", "switch", "test", "verify")
    ),
    "/channels/verify",
    "/subscriptions",
    "/subscriptions/1",
    "/subscriptions/import",
    "/subscriptions/unfollow",
    "/rules/1",
    "/rules/1/apply",
    "/sources",
    "/topics/tech/follow",
    "/sources/1/follow",
    "/inbox/read",
)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("path", FORMS)
def test_form_of_another_site_is_refused(path: str) -> None:
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(path, {"current_password": PASSWORD}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", "auth/me"),
        ("patch", "auth/me"),
        ("post", "auth/password/change"),
        ("post", "auth/email"),
        ("delete", "auth/email"),
        ("post", "auth/verify/resend"),
        ("post", "auth/mfa/totp"),
        ("post", "auth/mfa/totp/confirm"),
        ("delete", "auth/mfa/totp"),
        ("post", "auth/mfa/recovery-codes"),
        ("post", "notifications/read"),
    ],
)
def test_call_of_another_site_is_refused_when_only_a_cookie_says_who(
    method: str, path: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    assert getattr(client, method)(f"/api/v1/{path}").status_code == 403


BY_TOKEN = {"/channels/stop"}  # mail programs post there; it does what its token says (RFC 8058)


def test_every_form_of_ours_is_tried() -> None:
    taking = {path for path in PATHS if not path.startswith("/admin/") and takes_forms(path)}
    assert taking - set(FORMS) == BY_TOKEN


def takes_forms(path: str) -> bool:
    try:
        view = getattr(get_resolver().resolve(path).func, "view_class", None)
    except Resolver404:
        return False
    is_api = hasattr(view, "authentication_classes")
    return hasattr(view, "post") and not is_api


def test_admin_changes_his_password_where_everybody_does(client: Client) -> None:
    client.force_login(make_user(role=Role.ADMIN))
    answer = client.post("/admin/password_change/", {"old_password": PASSWORD})
    assert answer.headers["Location"] == "/settings/security"
