"""A mail server that takes every letter at once; what came is told to who sends it `STAT`.

It shares the cores with who writes the letters, so there is no framework.
"""

import asyncio
import re
import sys
import time
from typing import Any

import orjson
import uvloop

_NAME = re.compile(rb"^message-id: *(\S+)", re.IGNORECASE | re.MULTILINE)
_ANSWERS = {b"DATA": b"354 go on\r\n", b"EHLO": b"250-sink\r\n250 8BITMIME\r\n"}


class _Letters:
    """What came so far."""

    def __init__(self) -> None:
        self.names = dict[bytes, int]()
        self.byte_count = 0
        self.connection_count = 0
        self.last_at = 0.0

    def take(self, letter: bytes) -> None:
        found = _NAME.search(letter)
        name = found[1] if found else b""
        self.names[name] = self.names.get(name, 0) + 1
        self.byte_count += len(letter)
        self.last_at = time.monotonic()

    def known(self) -> dict[str, Any]:
        count = sum(self.names.values())
        return {
            "count": count,
            "twice": count - len(self.names),
            "bytes": self.byte_count,
            "connections": self.connection_count,
            "last_at": self.last_at,
        }


class _Session(asyncio.Protocol):
    def __init__(self, letters: _Letters) -> None:
        self._letters, self._data, self._is_letter = letters, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # TCP's
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            end = b"\r\n.\r\n" if self._is_letter else b"\r\n"
            said, found, rest = self._data.partition(end)
            if not found:
                return
            self._data = rest
            self._hear(said)

    def _hear(self, said: bytes) -> None:
        if self._is_letter:
            self._is_letter = False
            self._letters.take(said)
            self._transport.write(b"250 taken\r\n")
            return
        verb = said[:4].upper()
        self._is_letter = verb == b"DATA"
        self._letters.connection_count += verb == b"EHLO"
        if verb == b"STAT":
            self._transport.write(b"250 " + orjson.dumps(self._letters.known()) + b"\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(_ANSWERS.get(verb, b"250 yes\r\n"))


def main(port: str) -> None:
    letters = _Letters()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: _Session(letters), "127.0.0.1", int(port), backlog=1024)
        await asyncio.Event().wait()

    uvloop.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
