"""A socket opens, talks and closes."""

from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from accounts.socket_auth import Identity
from newsnotify.lib.asgi_types import Message, Receive, Scope, Send
from newsnotify.lib.database_threads import in_thread
from notifications import cursors, selectors
from notifications.realtime.connection import Connection
from notifications.realtime.hub import Hubs
from notifications.realtime.wire import wire_to

UNKNOWN, BAD_FRAME = 4500, 4501
LARGEST_FRAME = 64 * 1024


class InboxConsumer(AsyncConsumer):  # type: ignore[misc] # Channels is untyped
    """Tells one socket what is new in its user's inbox; what it says is ignored in plain mode.

    Channels would give each socket a channel of its own in the layer and a thread hop for
    each message: most of what a stock socket costs. The hub listens for all of them.
    """

    def __init__(self, hubs: Hubs) -> None:
        self.hub = hubs.here()
        self.connection: Connection | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self.connection:
                self.hub.leave(self.connection)

    async def dispatch(self, message: Message) -> None:
        handle = self.handlers.get(message["type"])
        if handle:
            await handle(self, message)

    async def opened(self, message: Message) -> None:
        """Accept whoever comes: a browser is shown no reason for a refused handshake."""
        identity, since = self.scope["identity"], _since(self.scope)
        if identity is None or since is None:
            await self.send({"type": "websocket.accept"})
            await self.close(UNKNOWN if identity is None else BAD_FRAME)
        else:
            await self.take_in(identity, since)

    async def take_in(self, identity: Identity, since: int) -> None:
        heard = self.hub.bell_count
        # Before the handshake is done: what is made after it is news to this socket.
        newest = await in_thread(selectors.revision_of, identity.user_id)
        await self.send({"type": "websocket.accept"})
        wire = wire_to(self.base_send)
        self.connection = Connection(wire, identity=identity, cursor=min(since, newest))
        self.connection.is_behind = since < newest
        self.hub.join(self.connection, heard=heard)

    async def said(self, message: Message) -> None:
        if len(message.get("text") or message.get("bytes") or "") > LARGEST_FRAME:
            await self.close(BAD_FRAME)

    async def closed(self, message: Message) -> None:
        raise StopConsumer

    async def close(self, code: int) -> None:
        if self.connection:
            self.connection.close(code)
        else:
            await self.send({"type": "websocket.close", "code": code})

    handlers: ClassVar[dict[str, Any]] = {
        "websocket.connect": opened,
        "websocket.receive": said,
        "websocket.disconnect": closed,
    }


_NEWEST = 2**63


def _since(scope: Scope) -> int | None:
    """Read `?since=`: a revision, by default the newest; None when it is no cursor."""
    given = parse_qs(scope["query_string"].decode("latin-1")).get("since")
    if not given:
        return _NEWEST
    try:
        return cursors.decode(given[-1])
    except cursors.BadCursorError:
        return None
