"""Bytes out, bytes in: one connection, which is closed at once and waits for nobody."""

import asyncio

from .answer import Answer

_ERROR_BODY_SECONDS = 1.0


class Connection(asyncio.Protocol):
    """A connection that was made, and what comes back on it."""

    _transport: asyncio.Transport | None = None
    _answer: Answer | None = None
    _done: asyncio.Future[None] | None = None
    _patience: asyncio.TimerHandle | None = None

    async def ask(self, request: bytes, answer: Answer) -> None:
        """Send a request and read its answer until it is done, however it ends."""
        if not self._transport:
            answer.end()
            return
        loop = asyncio.get_running_loop()
        self._answer, self._done = answer, loop.create_future()
        self._transport.write(request)
        try:
            await self._done
        finally:
            self._answer = self._done = None
            if self._patience:
                self._patience.cancel()

    def close(self) -> None:
        """Close at once: a farewell, as TLS has it, is nothing to wait for."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # TCP's, with or without TLS

    def data_received(self, data: bytes) -> None:
        if not (answer := self._answer):
            self.close()  # nobody asked
            return
        answer.feed(data)
        if not answer.is_done and answer.is_error_page and not self._patience:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(_ERROR_BODY_SECONDS, self._have_enough)
        self._tell()

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._end(exc)

    def _have_enough(self) -> None:
        if self._answer:
            self._answer.enough()
            self._tell()

    def _end(self, error: Exception | None) -> None:
        if self._answer:
            self._answer.end(error)
            self._tell()

    def _tell(self) -> None:
        if self._answer and self._answer.is_done and self._done and not self._done.done():
            self._done.set_result(None)
