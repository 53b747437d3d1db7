"""Which paths are sockets; any other is refused during the handshake."""

from accounts.socket_auth import SocketAuthentication
from newsnotify.lib.asgi_types import App, Receive, Scope, Send
from notifications.realtime.consumers import InboxConsumer
from notifications.realtime.hub import Hubs

PATHS = {"/ws", "/ws/"}


def sockets(hubs: Hubs) -> App:
    """Make the application that serves `/ws`, its sockets told by these hubs."""
    inbox = SocketAuthentication(InboxConsumer.as_asgi(hubs=hubs))

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        application = inbox if scope["path"] in PATHS else _refuse
        await application(scope, receive, send)

    return route


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})
