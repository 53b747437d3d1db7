import http.client
import json
from collections.abc import Iterator

import pytest

from newsnotify.lib.asgi_types import Receive, Scope, Send
from newsnotify.lib.bodies import BodyLimit
from newsnotify.lib.tests.asgi_serving import serve

LIMIT_BYTES = 100_000


async def count(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the size of the body, as Django does: only when all of it is there."""
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
    body = b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    app = BodyLimit(count, limit_bytes=LIMIT_BYTES, larger={"/import": 10 * LIMIT_BYTES})
    with serve(app, lifespan="off") as address:
        connection = http.client.HTTPConnection(address, timeout=10)
        yield connection
        connection.close()


def post(
    connection: http.client.HTTPConnection, size: int, path: str = "/", *, is_chunked: bool = False
) -> tuple[int, bytes]:
    body = iter([b"x" * 1000] * (size // 1000)) if is_chunked else b"x" * size
    connection.request("POST", path, body, encode_chunked=is_chunked)
    response = connection.getresponse()
    return response.status, response.read()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_is_handed_on_when_it_is_just_small_enough(
    connection: http.client.HTTPConnection, is_chunked: bool
) -> None:
    assert post(connection, LIMIT_BYTES, is_chunked=is_chunked) == (200, b"%d" % LIMIT_BYTES)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_is_refused_in_json_when_it_is_too_large(
    connection: http.client.HTTPConnection, is_chunked: bool
) -> None:
    status, body = post(connection, 5 * LIMIT_BYTES, is_chunked=is_chunked)

    assert status == 413
    assert json.loads(body) == {"detail": "The body is larger than 100000 bytes."}


@pytest.mark.parametrize("is_chunked", [False, True])
def test_connection_goes_on_when_a_body_was_refused(
    connection: http.client.HTTPConnection, is_chunked: bool
) -> None:
    post(connection, 5 * LIMIT_BYTES, is_chunked=is_chunked)
    before = connection.sock

    assert post(connection, 10) == (200, b"10")
    assert connection.sock is before


@pytest.mark.parametrize("path", ["/import", "/import/", "/import?topic=tech"])
def test_body_has_its_own_limit_when_its_path_is_named(
    connection: http.client.HTTPConnection, path: str
) -> None:
    assert post(connection, 5 * LIMIT_BYTES, path)[0] == 200
    assert post(connection, 11 * LIMIT_BYTES, path)[0] == 413


def test_body_is_refused_unsent_when_the_client_waits_for_continue(
    connection: http.client.HTTPConnection,
) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(LIMIT_BYTES + 1))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    response = connection.getresponse()

    assert response.status == 413
    assert response.headers["Connection"] == "close"


def test_body_is_asked_for_when_the_client_waits_and_it_is_small(
    connection: http.client.HTTPConnection,
) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "5")
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    connection.send(b"hello")  # http.client skips the interim answer

    assert connection.getresponse().read() == b"5"
