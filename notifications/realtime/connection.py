"""One socket: how far it was told, and what becomes of it when it is slow."""

import asyncio
from collections.abc import Callable, Sequence

from accounts.socket_auth import Identity
from newsnotify.lib import counts
from notifications.realtime.frames import News, plain
from notifications.realtime.wire import Wire

WRITE_BYTES = 256 * 1024  # at most this and one frame wait in memory for a slow socket
TOO_SLOW = 4008

Framing = Callable[[News], bytes]  # a mode is the way in which it frames news


class Connection:
    """A cursor into an inbox, and the socket that is told what lies beyond it.

    Nothing is queued: what a slow socket cannot take stays in the tables, and is read from
    its cursor when the socket has drained.
    """

    __slots__ = (
        "_draining", "_framing", "_wire", "cursor", "identity", "is_behind", "is_closed",
        "on_drained", "slow_seconds",
    )  # fmt: skip

    def __init__(
        self, wire: Wire, *, identity: Identity, cursor: int, framing: Framing = plain
    ) -> None:
        self.identity = identity
        self.cursor = cursor  # the inbox revision up to which everything was sent
        self.is_behind = False  # there is, or may be, more than was sent
        self.is_closed = False
        self.slow_seconds = 10.0
        self.on_drained: Callable[[Connection], None] = lambda _: None
        self._wire = wire
        self._framing = framing
        self._draining: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        return self._draining is None and not self.is_closed

    def push(self, news: Sequence[News], *, seen: int) -> None:
        """Send what is new here. `seen` is a revision up to which nothing is missing in `news`."""
        texts, size = [], 0
        for item in news:
            if size >= WRITE_BYTES:
                self.is_behind = True
                break
            if item.revision > self.cursor:
                texts.append(self._framing(item))
                size += len(texts[-1])
                self.cursor = item.revision
        if not self.is_behind:
            self.cursor = max(self.cursor, seen)
        if texts:
            counts.FRAMES.inc(len(texts))
        if texts and not self._wire.write(texts):
            self._draining = asyncio.create_task(self._drain())

    def close(self, code: int) -> None:
        """Close the socket; again is fine."""
        if not self.is_closed:
            self.is_closed = True
            self._wire.close(code)

    def forget(self) -> None:
        """Let go of a socket that is gone."""
        self.is_closed = True
        if self._draining:
            self._draining.cancel()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self.slow_seconds):
                await self._wire.drained()
        except TimeoutError:
            self.close(TOO_SLOW)
        self._draining = None
        self.on_drained(self)
