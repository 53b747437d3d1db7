"""Servers of answers that are ready, one connection a request: what they cost is told by `usage`.

They share the cores with who asks them, so there is no framework: 0.03 ms a request.
"""

import asyncio
import resource
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import uvloop

Answer = Callable[[bytes, bytes], bytes]
"""The path and the whole head of a request, to the whole answer."""


class _Connection(asyncio.Protocol):
    """Answers and closes: in the minutes between two polls a connection is closed anyway."""

    def __init__(self, answer: Answer, wait_seconds: float) -> None:
        self._answer, self._wait_seconds = answer, wait_seconds
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # TCP's

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(b"\r\n\r\n"):
            return
        answer = self._answer(self._head.split(b" ", 2)[1], self._head)
        if self._wait_seconds:
            asyncio.get_running_loop().call_later(self._wait_seconds, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        self._transport.write(answer)
        self._transport.close()


def serve(answer: Answer, addresses: Sequence[str], port: int, wait_seconds: float = 0) -> None:
    """Serve at all addresses until the process is ended; each answer waits so long."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a listener an address

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for address in addresses:
            await loop.create_server(
                lambda: _Connection(answer, wait_seconds), address, port, backlog=1024
            )
        await asyncio.Event().wait()

    uvloop.run(run())


def response(headers: dict[str, str], body: bytes = b"", status: str = "200 OK") -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    if not status.startswith("304"):  # where it would be the length of what is not sent
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii") + body


def told(address: str, port: int, path: str = "served") -> dict[str, Any]:
    """Ask a server of ours what it says of itself."""
    with urllib.request.urlopen(f"http://{address}:{port}/{path}", timeout=120) as answer:
        found: dict[str, Any] = orjson.loads(answer.read())
    return found
