"""A sign-in ends: its tokens are refused, and its sockets are closed at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.core.management import call_command
from websockets.sync.client import ClientConnection, connect

from accounts import tokens
from accounts.models import SignIn, User
from accounts.tests.factories import make_user
from accounts.tokens import TokenPair
from notifications.tests.realtime.sockets import close_code, serving

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED_WITHIN_SECONDS = 2.0  # the sweep alone would take up to 8


@pytest.fixture
def url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def ask(url: str, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
    address = url.replace("ws://", "http://").removesuffix("/ws") + f"/api/v1/auth/{path}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, address, headers=headers, timeout=10, **options)


def refresh(url: str, token: str) -> requests.Response:
    return ask(url, "POST", "refresh", json={"refresh_token": token})


def socket_of(url: str, pair: TokenPair) -> ClientConnection:
    return connect(f"{url}?token={pair['access_token']}")


def assert_closed_soon(socket: ClientConnection, end: Callable[[], object]) -> None:
    end()
    began = time.monotonic()
    assert close_code(socket) == 4500
    assert time.monotonic() - began < CLOSED_WITHIN_SECONDS


def test_twenty_parallel_refreshes_leave_one_child_and_a_replay_ends_all(
    url: str, ann: User
) -> None:
    pair = tokens.sign_in(ann)
    old, start = pair["refresh_token"], threading.Barrier(20)

    def use(_: int) -> requests.Response:
        start.wait()
        return refresh(url, old)

    with socket_of(url, pair) as socket:
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(use, range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
        [child] = [answer.json() for answer in answers if answer.ok]
        assert ask(url, "GET", "me", child["access_token"]).status_code == 200
        newest = refresh(url, child["refresh_token"])
        assert newest.status_code == 200

        assert_closed_soon(socket, lambda: refresh(url, old))
        assert ask(url, "GET", "me", newest.json()["access_token"]).status_code == 401
        assert refresh(url, newest.json()["refresh_token"]).status_code == 401


def test_token_that_is_replayed_right_after_its_answer_ends_the_family(url: str, ann: User) -> None:
    old = tokens.sign_in(ann)["refresh_token"]
    fresh = refresh(url, old)
    assert refresh(url, old).status_code == 401
    assert refresh(url, fresh.json()["refresh_token"]).status_code == 401


@pytest.mark.parametrize("end", ["logout", "sessions", "command", "account closed"])
def test_socket_is_closed_at_once_when_its_sign_in_ends(url: str, ann: User, end: str) -> None:
    pair, other = tokens.sign_in(ann), tokens.sign_in(make_user())
    body = {"refresh_token": pair["refresh_token"]}
    sign_in = SignIn.objects.get(user=ann).pk
    ways = {
        "logout": lambda: ask(url, "POST", "logout", json=body),
        "sessions": lambda: ask(url, "DELETE", f"sessions/{sign_in}", pair["access_token"]),
        "command": lambda: call_command("revoke_tokens", "ann@example.org"),
        "account closed": lambda: close_account(ann),
    }
    with socket_of(url, other) as stays, socket_of(url, pair) as socket:
        assert_closed_soon(socket, ways[end])
        with pytest.raises(TimeoutError):
            stays.recv(0.1)


def close_account(user: User) -> None:
    from accounts import services
    from accounts.audit import OPERATOR

    services.change_user(user=user, by=OPERATOR, is_active=False)
