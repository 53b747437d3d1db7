"""Refuse request bodies that are too large before anybody reads them.

Django would read all of a body and then say 400; counted here, memory and disk stay bounded
and the answer is 413 (RFC 9110, section 15.5.14).
"""

from collections.abc import Mapping

import orjson

from newsnotify.lib.asgi_types import App, Message, Receive, Scope, Send, header


class BodyLimit:
    """ASGI middleware: bodies over `limit_bytes` are answered 413; `larger` names exceptions."""

    def __init__(
        self, app: App, *, limit_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self.larger.get(scope["path"].rstrip("/"), self.limit_bytes)
        if _declared_bytes(scope) > limit:
            await _refuse(scope, send, limit)
        else:
            await _Counted(scope, receive, send, limit).run(self.app)


class _Counted:
    """One request whose body is counted while it streams in."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.scope, self._receive, self._send, self.limit = scope, receive, send, limit
        self.seen_bytes = 0
        self.is_answered = False

    @property
    def is_over(self) -> bool:
        return self.seen_bytes > self.limit

    async def run(self, app: App) -> None:
        await app(self.scope, self.receive, self.send)
        if self.is_over and not self.is_answered:
            await _refuse(self.scope, self._send, self.limit)

    async def receive(self) -> Message:
        message = {} if self.is_over else await self._receive()
        self.seen_bytes += len(message.get("body", b""))
        # The application is told that the client is gone: every one stops reading then and
        # frees what it has, which cannot be said of an exception thrown through it.
        return {"type": "http.disconnect"} if self.is_over else message

    async def send(self, message: Message) -> None:
        if self.is_over and not self.is_answered:
            return
        self.is_answered = True
        await self._send(message)


def _declared_bytes(scope: Scope) -> int:
    length = header(scope, b"content-length") or ""
    return int(length[:20]) if length.isdecimal() else 0


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    body = orjson.dumps({"detail": f"The body is larger than {limit} bytes."})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
    ]
    # A client that waits for "100 Continue" sends no body now, and its next request would be
    # read as one (RFC 9110, section 10.1.1). Other bodies the server reads past and discards.
    if header(scope, b"expect"):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
