"""Sockets whose client does not read."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection

from accounts.models import User
from notifications.realtime.hub import Hubs, Limits
from notifications.tests.realtime.making import person, tell
from notifications.tests.realtime.sockets import close_code, frame, messages, opened, serving

pytestmark = pytest.mark.django_db(transaction=True)

LONG = os.urandom(200_000).hex()  # compression halves it at best


def long(number: int) -> str:
    return f"{number} {LONG}"


@contextmanager
def sleeping(url: str, user: User) -> Iterator[ClientConnection]:
    """A client that takes one message and little else until it is asked for more."""
    parts = urlsplit(url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    sock.connect((parts.hostname, parts.port))
    with opened(url, user, sock=sock, max_queue=1, max_size=None) as opened_socket:
        yield opened_socket


def tick_until_forgotten(hubs: Hubs, quick: ClientConnection, owner: User) -> None:
    """Go on telling one socket until it is the only one that the server still knows."""
    for number in range(10_000):
        if hubs.connection_count == 1:
            return
        tell(owner, str(number))
        assert messages(quick, 1) == [str(number)]
    raise AssertionError("The slow socket was not closed.")


@pytest.mark.parametrize("is_compressed", [False, True])
def test_socket_is_closed_with_4008_when_it_does_not_drain(is_compressed: bool) -> None:
    ann, bob = person(), person("bob@example.org")
    hubs = Hubs(Limits(slow_seconds=0.3))
    with (
        serving(hubs=hubs, ws_per_message_deflate=is_compressed) as url,
        sleeping(url, ann) as slow,
        opened(url, bob) as quick,
    ):
        for number in range(30):
            tell(ann, long(number))
        tick_until_forgotten(hubs, quick, bob)
        first = frame(slow)
        assert close_code(slow) == 4008

        with opened(url, ann, f"&since={first['cursor']}", max_size=None) as again:
            assert messages(again, 29) == [long(number) for number in range(1, 30)]


@pytest.mark.parametrize("is_compressed", [False, True])
def test_socket_gets_all_in_order_when_it_drains_in_time(is_compressed: bool) -> None:
    ann = person()
    told = [long(number) for number in range(30)]
    with (
        serving(Limits(slow_seconds=60), ws_per_message_deflate=is_compressed) as url,
        sleeping(url, ann) as slow,
        opened(url, ann, max_size=None) as quick,
    ):
        for message in told:
            tell(ann, message)
        assert messages(quick, 30) == told
        assert messages(slow, 30) == told
