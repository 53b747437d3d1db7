"""The application as a whole: static files, limits on bodies, everything else to Django."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from newsnotify.asgi import make_application
from newsnotify.lib.tests.asgi_serving import serve
from newsnotify.static_files import VersionedStorage
from notifications.realtime.hub import Hubs

CSS = "admin/css/base.css"


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    with serve(make_application(Hubs()), lifespan="on") as address:
        connection = http.client.HTTPConnection(address, timeout=10)
        yield connection
        connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(method, path, body)
    response = connection.getresponse()
    return response, response.read()


def test_static_file_is_kept_for_a_year_when_its_url_has_a_version(
    connection: http.client.HTTPConnection,
) -> None:
    url = VersionedStorage().url(CSS)
    response, body = ask(connection, "GET", url)

    assert "?v=" in url
    assert response.status == 200
    assert response.headers["Cache-Control"] == "max-age=31536000, public"
    assert response.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert b"body" in body


def test_static_file_is_kept_for_a_minute_when_its_url_has_no_version(
    connection: http.client.HTTPConnection,
) -> None:
    response, _ = ask(connection, "GET", f"/static/{CSS}")
    assert response.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize("path", ["none.css", "", "../manage.py", "%2e%2e/manage.py", "admin/css"])
def test_static_file_is_404_when_there_is_none(
    connection: http.client.HTTPConnection, path: str
) -> None:
    assert ask(connection, "GET", f"/static/{path}")[0].status == 404


def test_static_file_takes_no_body_when_one_is_sent(
    connection: http.client.HTTPConnection,
) -> None:
    assert ask(connection, "POST", f"/static/{CSS}", b"x" * 3_000_000)[0].status == 405


@pytest.mark.parametrize(
    ("path", "size"),
    [("/api/v1/nothing", 1024**2 + 1), ("/api/v1/sources/import", 10 * 1024**2 + 1)],
)
def test_body_is_refused_when_it_is_too_large(
    connection: http.client.HTTPConnection, path: str, size: int
) -> None:
    response, body = ask(connection, "POST", path, b"x" * size)
    assert response.status == 413
    assert json.loads(body)["detail"]


def test_django_answers_when_nobody_else_does(connection: http.client.HTTPConnection) -> None:
    response, body = ask(connection, "GET", "/api/v1/nothing")
    assert response.status == 404
    assert json.loads(body)["detail"]


def test_static_files_come_one_after_the_other_on_one_connection() -> None:
    # What a browser does when it has more to ask than connections; one in some dozens broke.
    asked = 200
    request = f"GET /static/{CSS} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serve(make_application(Hubs()), lifespan="on") as address:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as caller:
            caller.sendall(request * (asked - 1) + last)
            answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == asked
