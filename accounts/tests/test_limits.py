from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys, limits
from accounts.models import AuditRecord, Scope, User
from accounts.tests.factories import PASSWORD, client_of, make_user
from newsnotify.lib import ratelimit

pytestmark = pytest.mark.django_db
NEW = {"email": "ann", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _counted(settings: LazySettings) -> None:
    settings.RATE_LIMITS = True
    settings.TRUSTED_PROXIES = 1
    ratelimit.memory.clear()


def sign_in(address: str, email: str = "ann@example.org", path: str = "/api/v1/auth/token") -> Any:
    body = {"email": email, "password": "wrong"}
    return client_of().post(path, body, headers={"X-Forwarded-For": address})


def codes(count: int, *args: str) -> list[int]:
    return [sign_in(*args).status_code for _ in range(count)]


def test_signing_in_is_refused_after_ten_tries_from_an_address() -> None:
    tries = [sign_in("192.0.2.1", f"person{n}@example.org") for n in range(12)]
    assert [answer.status_code for answer in tries] == [401] * 10 + [429] * 2
    over = tries[-1]
    assert 1 <= int(over.headers["Retry-After"]) <= 6
    assert over.headers["RateLimit-Limit"] == "10"
    assert over.headers["RateLimit-Remaining"] == "0"
    assert 54 <= int(over.headers["RateLimit-Reset"]) <= 60
    assert list(over.json()) == ["detail"]
    assert tries[0].headers["RateLimit-Remaining"] == "9"
    assert sign_in("192.0.2.2", "other@example.org").status_code == 401


def test_signing_in_is_refused_after_ten_tries_for_an_account_from_anywhere() -> None:
    found = [sign_in(f"192.0.2.{n}", "Ann@example.org ").status_code for n in range(11)]
    assert found == [401] * 10 + [429]
    assert sign_in("192.0.2.99", "bob@example.org").status_code == 401


def test_address_that_is_refused_uses_up_no_tries_of_the_account() -> None:
    assert codes(10, "192.0.2.1", "bob@example.org") == [401] * 10
    assert codes(20, "192.0.2.1", "ann@example.org") == [429] * 20
    assert sign_in("192.0.2.2", "ann@example.org").status_code == 401


def test_ways_of_signing_in_are_counted_together(client: Client) -> None:
    assert codes(5, "192.0.2.1", "ann@example.org", "/token") == [401] * 5
    assert codes(3, "192.0.2.1", "ann@example.org", "/login") == [401] * 3
    form, forwarded = {"username": "ann@example.org", "password": "wrong"}, "192.0.2.1"
    for path in ("/account/login", "/account/login/"):
        response = client.post(path, form, headers={"X-Forwarded-For": forwarded})
        assert response.status_code == 200
    page = client.post("/account/login", form, headers={"X-Forwarded-For": forwarded})
    assert page.status_code == 429
    assert "Please try again in" in page.content.decode()
    assert page.headers["Retry-After"]
    assert page.headers["RateLimit-Remaining"] == "0"


def test_neighbours_in_an_ipv6_network_are_counted_together() -> None:
    found = [sign_in(f"2001:db8:1:2::{n}", f"p{n}@example.org").status_code for n in range(11)]
    assert found[-1] == 429
    assert sign_in("2001:db8:1:3::1", "q@example.org").status_code == 401
    assert limits.network_of("192.0.2.7") == "192.0.2.7"
    assert limits.network_of("") == ""


def test_what_a_client_forwards_itself_does_not_count(settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 0
    found = [sign_in(f"192.0.2.{n}", f"person{n}@example.org").status_code for n in range(11)]
    assert found == [401] * 10 + [429]


def test_good_password_does_not_help_when_there_were_too_many_tries() -> None:
    make_user("ann@example.org")
    codes(10, "192.0.2.1")
    body = {"email": "ann@example.org", "password": PASSWORD}
    answer = client_of().post("/token", body, headers={"X-Forwarded-For": "192.0.2.9"})
    assert answer.status_code == 429


@pytest.mark.parametrize("path", ["/api/v1/auth/register", "/register", "/subscribe"])
def test_registering_is_refused_after_twenty_tries_from_an_address(path: str) -> None:
    client = APIClient(headers={"X-Forwarded-For": "192.0.2.1"})
    found = [client.post(path, NEW) for _ in range(21)]
    assert [answer.status_code for answer in found] == [400] * 20 + [429]
    assert int(found[-1].headers["Retry-After"]) <= 180
    elsewhere = APIClient(headers={"X-Forwarded-For": "192.0.2.2"})
    assert elsewhere.post(path, NEW).status_code == 400


def test_registering_on_the_page_is_counted_too() -> None:
    client = Client(headers={"X-Forwarded-For": "192.0.2.1"})
    form = {"email": "ann@example.org", "password": "password1"}
    found = [client.post("/account/signup", form).status_code for _ in range(21)]
    assert found == [200] * 20 + [429]


def test_asking_for_resets_is_limited_for_each_address(client: Client) -> None:
    ask, forwarded = "/api/v1/auth/password/reset", {"X-Forwarded-For": "192.0.2.1"}
    body = {"email": "ann@example.org"}
    found = [client_of().post(ask, body, headers=forwarded).status_code for _ in range(11)]
    assert found == [202] * 10 + [429]
    assert client.post("/account/password", body, headers=forwarded).status_code == 429
    assert client.post("/account/password", body).status_code == 302
    link = {"token": "x", "password": PASSWORD}
    assert client_of().post(f"{ask}/confirm", link, headers=forwarded).status_code == 429


def test_password_of_who_is_signed_in_cannot_be_guessed_either(client: Client) -> None:
    ann, bob = make_user(), make_user()
    wrong = {"current_password": "wrong", "new_password": "another-horse-battery"}
    path = "/api/v1/auth/password/change"
    found = [client_of(ann).post(path, wrong).status_code for _ in range(11)]
    assert found == [400] * 10 + [429]
    client.force_login(ann)
    for page in ("security/password", "delete"):
        assert client.post(f"/settings/{page}", wrong).status_code == 429
    assert client_of(bob).post(path, wrong).status_code == 400
    assert sign_in("192.0.2.1", str(ann.email)).status_code == 401  # who signs in is not hindered


def until_refused(ask: Callable[[], Any], user: str) -> Any:
    """Ask when nothing is left; on a busy machine one try may come back in between."""
    while True:
        while ratelimit.take(limits.API_OF_USER, user).is_admitted:
            pass
        if (answer := ask()).status_code == 429:
            return answer


def test_api_is_limited_for_each_user() -> None:
    ann, bob = client_of(make_user()), client_of(make_user())
    last = [ann.get("/api/v1/auth/me") for _ in range(limits.API_OF_USER.count)][-1]
    assert (last.status_code, last.headers["RateLimit-Limit"]) == (200, "600")
    assert ann.get("/api/v1/topics").status_code == 200  # some were regained meanwhile
    user = str(User.objects.order_by("pk").values_list("pk", flat=True)[0])
    over = until_refused(lambda: ann.get("/api/v1/auth/me"), user)
    assert (over.status_code, over.headers["Retry-After"]) == (429, "1")
    assert bob.get("/api/v1/auth/me").status_code == 200
    assert client_of().get("/api/v1/topics").status_code == 200


def test_api_is_limited_for_each_key() -> None:
    row, text = keys.issue(name="x", scopes=[Scope.EVENTS_WRITE])
    client = APIClient(headers={"Authorization": f"Api-Key {text}"})
    assert client.get("/api/v1/events").headers["RateLimit-Limit"] == "6000"
    while ratelimit.take(limits.API_OF_KEY, str(row.pk)).is_admitted:
        pass
    assert client.get("/api/v1/events").status_code in {200, 429}


def test_flood_is_written_down_once_a_minute() -> None:
    make_user("ann@example.org")
    codes(30, "192.0.2.1")
    records = AuditRecord.objects.filter(action="limit_reached")
    assert [record.address for record in records] == ["192.0.2.1"]
    assert AuditRecord.objects.filter(action="sign_in_refused").count() == 10


def test_nothing_is_counted_when_limits_are_off(settings: LazySettings) -> None:
    settings.RATE_LIMITS = False
    assert codes(15, "192.0.2.1") == [401] * 15
    assert "RateLimit-Limit" not in sign_in("192.0.2.1").headers
