"""A real HTTP server on the loopback, scripted by one function; for the tests of all apps.

    with Server(lambda request: Answer(body=b"<rss/>")) as server:
        get(server.url + "/feed.xml")
        assert server.requests[0].headers["user-agent"]
        server.respond = lambda request: b"HTTP/1.1 200 OK\r\n\r\nraw bytes, sent as they are"

What `respond` may return: an Answer; raw bytes; an iterable of bytes, sent one by one (`drip`
makes a slow one); HANG, silence until the server stops; RESET, a broken connection.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import BinaryIO, Self


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # with the query, as it was sent
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Fault(Enum):
    HANG = auto()
    RESET = auto()


_KNOWN = frozenset(HTTPStatus)
HANG, RESET = Fault.HANG, Fault.RESET
Reply = Answer | bytes | Iterable[bytes] | Fault


class Server:
    """Answers one request a connection, each connection on a thread of its own."""

    def __init__(
        self,
        respond: Callable[[Request], Reply] = lambda _: Answer(),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.respond = respond
        self.requests: list[Request] = []
        self.connection_count = 0
        self.stopping = threading.Event()
        self._tls = tls
        self._listener = socket.create_server((host, port))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"  # no slash at the end
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    def drip(self, pieces: Iterable[bytes], *, every_seconds: float) -> Iterator[bytes]:
        """Give the pieces slowly, until the server stops."""
        for piece in pieces:
            if self.stopping.wait(every_seconds):
                return
            yield piece

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        # A blocked accept() or recv() is woken by shutdown, not by close.
        for sock in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self.stopping.is_set():
                sock, _ = self._listener.accept()
                self.connection_count += 1
                self._open.add(sock)
                thread = threading.Thread(target=self._serve, args=(sock,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        sock = plain
        with contextlib.suppress(OSError, ValueError):  # the client went away, or sent no HTTP
            if self._tls:
                sock = self._tls.wrap_socket(plain, server_side=True)
            with sock.makefile("rb") as stream:
                request = _read(stream)
            self.requests.append(request)
            self._send(sock, self.respond(request))
        self._open.discard(plain)
        sock.close()
        plain.close()

    def _send(self, sock: socket.socket, reply: Reply) -> None:
        if reply is HANG:
            self.stopping.wait()
        elif reply is RESET:  # lingering for zero seconds makes close() send RST
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif isinstance(reply, Answer):
            sock.sendall(_bytes_of(reply))
        elif isinstance(reply, bytes):
            sock.sendall(reply)
        elif not isinstance(reply, Fault):
            for piece in reply:
                sock.sendall(piece)


def _read(stream: BinaryIO) -> Request:
    method, path, _ = stream.readline().decode("latin-1").split(" ", 2)
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("utf-8", "surrogateescape").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def _bytes_of(answer: Answer) -> bytes:
    reason = HTTPStatus(answer.status).phrase if answer.status in _KNOWN else "Odd"
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + answer.body
