"""An endpoint that takes what is posted to it and answers at once; what came is told by `/served`.

Arguments: the port, the secret that signs, and whether every signature is checked (1).
"""

import asyncio
import base64
import hashlib
import hmac
import re
import sys
import time

import orjson
import uvloop

from bench.hosts import response

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ID = re.compile(rb"webhook-id: (\S+)", re.IGNORECASE)
_TIME = re.compile(rb"webhook-timestamp: (\d+)", re.IGNORECASE)
_SIGNATURE = re.compile(rb"webhook-signature: v1,(\S+)", re.IGNORECASE)
TAKEN = response({})


class Sink:
    """What came so far."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._ids = dict[bytes, int]()
        self._wrong = 0
        self._last_at = 0.0

    def answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /served"):
            return response({"Content-Type": "application/json"}, orjson.dumps(self._known()))
        name = _found(_ID, head)
        self._ids[name] = self._ids.get(name, 0) + 1
        signed = b".".join((name, _found(_TIME, head), body))
        right = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256))
        self._wrong += not hmac.compare_digest(right, _found(_SIGNATURE, head))
        self._last_at = time.monotonic()
        return TAKEN

    def _known(self) -> dict[str, float]:
        count = sum(self._ids.values())
        return {
            "count": count,
            "twice": count - len(self._ids),
            "wrong": self._wrong,
            "last_at": self._last_at,
        }


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink, self._data = sink, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # TCP's

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end or len(body) < int(_found(_LENGTH, head) or 0):
            return
        self._transport.write(self._sink.answer(head, body))
        self._transport.close()


def _found(pattern: re.Pattern[bytes], head: bytes) -> bytes:
    match = pattern.search(head)
    return match[1] if match else b""


def main(port: str, secret: str) -> None:
    sink = Sink(secret)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: _Connection(sink), "127.0.0.1", int(port), backlog=1024)
        await asyncio.Event().wait()

    uvloop.run(run())


if __name__ == "__main__":
    main(*sys.argv[1:])
