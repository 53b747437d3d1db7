"""Many sockets in one process, as cheap as they can be: what is measured is the server.

Arguments: a port and a file of paths to connect to. Says `ready` when all are connected,
then the number that stands in `title`, once every socket was told it; when stdin closes, it
says when each came.
"""

import asyncio
import re
import sys
import time
from collections import defaultdict
from pathlib import Path

import orjson

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
TITLE = re.compile(rb'"title": ?"news (\d+)"')


class Room:
    """All sockets, and when they were told what."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.connected = 0
        self.arrivals: dict[int, list[float]] = defaultdict(list)

    def enter(self) -> None:
        self.connected += 1
        if self.connected == self.count:
            _say("ready")

    def told(self, number: int, at: float) -> None:
        self.arrivals[number].append(at)
        if len(self.arrivals[number]) == self.count:
            _say(str(number))


class Socket(asyncio.Protocol):
    def __init__(self, room: Room, path: str, port: int) -> None:
        self.room, self.rest, self.is_open = room, b"", False
        self.handshake = HANDSHAKE.format(path=path, port=port).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - for the types
        transport.write(self.handshake)

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        self.rest += data
        if not self.is_open:
            head, end, self.rest = self.rest.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            assert b" 101 " in head, head  # noqa: S101 - there would be nothing to measure
            self.is_open = True
            self.room.enter()
        while frame := self._frame():
            if found := TITLE.search(frame):
                self.room.told(int(found[1]), at)

    def _frame(self) -> bytes:
        """Take one whole frame, which a server does not mask (RFC 6455, section 5)."""
        if len(self.rest) < 2:
            return b""
        size, start = self.rest[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(self.rest[2:start])
        if len(self.rest) < start + size:
            return b""
        frame, self.rest = self.rest[: start + size], self.rest[start + size :]
        return frame


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def listen(port: int, paths: list[str]) -> None:
    loop, room = asyncio.get_running_loop(), Room(len(paths))
    for path in paths:
        await loop.create_connection(lambda path=path: Socket(room, path, port), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.to_thread(sys.stdin.read)
    _say(orjson.dumps(list(room.arrivals.items())).decode())


if __name__ == "__main__":
    asyncio.run(listen(int(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="ascii").split()))
