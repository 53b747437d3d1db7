"""The seam between us and the server: how bytes get onto a socket without waiting for it.

The fast way writes ready-made frames to the transport of uvicorn's websockets-sansio
protocol, many in one write. Any other server, and uvicorn with compression, is spoken to in
plain ASGI.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from newsnotify.lib.asgi_types import Send
from notifications.realtime.frames import text_frame

LINGER_SECONDS = 10.0  # how long a stuck socket may still take what was written to it


class Wire(Protocol):
    """What a connection needs of its socket; nothing here waits but `drained`."""

    def write(self, texts: Sequence[bytes]) -> bool:
        """Send texts; tells whether the socket can take more at once."""

    async def drained(self) -> None:
        """Wait until the socket can take more, or is gone."""

    def close(self, code: int) -> None:
        """Close the socket, however stuck it is."""


def wire_to(send: Send) -> Wire:
    """Find the best way to an accepted socket, known by its ASGI `send`."""
    protocol = getattr(send, "__self__", None)
    if isinstance(protocol, WebSocketsSansIOProtocol) and not protocol.conn.extensions:
        return UvicornWire(send, protocol)
    return AsgiWire(send)


class AsgiWire:
    """Sends by ASGI, in a task of its own for as long as that takes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sending: asyncio.Task[None] | None = None

    def write(self, texts: Sequence[bytes]) -> bool:
        self._sending = asyncio.create_task(self._write(texts))
        return False

    async def drained(self) -> None:
        if self._sending:
            await asyncio.wait([self._sending])

    def close(self, code: int) -> None:
        self._sending = asyncio.create_task(self._close(code, self._sending))

    async def _write(self, texts: Sequence[bytes]) -> None:
        with suppress(OSError):  # the client is gone, as its consumer is about to hear
            for text in texts:
                await self._send({"type": "websocket.send", "text": text.decode()})

    async def _close(self, code: int, sending: asyncio.Task[None] | None) -> None:
        # What was not sent is read again from the cursor. There is no way to break a stuck
        # socket off by ASGI: it is closed when it drains.
        if sending:
            sending.cancel()
        with suppress(OSError):
            await self._send({"type": "websocket.close", "code": code})


class UvicornWire:
    """Writes to the transport below uvicorn's protocol object."""

    def __init__(self, send: Send, protocol: WebSocketsSansIOProtocol) -> None:
        self._send = send
        self._protocol = protocol

    @property
    def _is_open(self) -> bool:
        protocol = self._protocol
        return not (protocol.close_sent or protocol.transport.is_closing())

    def write(self, texts: Sequence[bytes]) -> bool:
        if self._is_open:
            self._protocol.transport.write(b"".join(map(text_frame, texts)))
        return self._protocol.writable.is_set()

    async def drained(self) -> None:
        await self._protocol.writable.wait()

    def close(self, code: int) -> None:
        if not self._is_open:
            return
        if self._protocol.writable.is_set():
            # Nothing to wait for, so the coroutine ends within this one step; a task would
            # come too late when the server closes all sockets in its next step.
            with suppress(StopIteration, OSError):
                self._send({"type": "websocket.close", "code": code}).send(None)
        else:
            self._close_stuck(code)

    def _close_stuck(self, code: int) -> None:
        """Put the close behind what is still to be written, and set an end to that."""
        protocol = self._protocol
        protocol.conn.send_close(code)
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        protocol.transport.close()
        protocol.loop.call_later(LINGER_SECONDS, self._abort)

    def _abort(self) -> None:
        if not self._protocol.disconnected:
            self._protocol.transport.abort()
