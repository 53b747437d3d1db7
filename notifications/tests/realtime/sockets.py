"""A client of `/ws`, and the server for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from newsnotify.asgi import make_application
from newsnotify.lib.tests.asgi_serving import serve
from notifications.realtime.hub import Hubs, Limits
from notifications.tests.realtime.making import token_of

WAIT_SECONDS = 10


@contextmanager
def serving(
    limits: Limits | None = None, *, hubs: Hubs | None = None, **options: Any
) -> Iterator[str]:
    """Serve the whole application; gives the address of its socket."""
    application = make_application(hubs or Hubs(limits))
    with serve(application, lifespan="on", **options) as address:
        yield f"ws://{address}/ws"


@contextmanager
def opened(url: str, user: User, query: str = "", **options: Any) -> Iterator[ClientConnection]:
    with connect(f"{url}?token={token_of(user)}{query}", **options) as socket:
        yield socket


def frame(socket: ClientConnection) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(socket.recv(WAIT_SECONDS))
    return shown


def messages(socket: ClientConnection, count: int) -> list[str]:
    return [frame(socket)["message"] for _ in range(count)]


def close_code(socket: ClientConnection) -> int | None:
    """Read to the end and tell the code with which the server closed."""
    try:
        while True:
            socket.recv(WAIT_SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
