"""What the server runs: pages and API, static files, sockets, and the life of the process."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import django
from channels.routing import ProtocolTypeRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
django.setup(set_prefix=False)  # before whatever imports models

from django.conf import settings  # noqa: E402

from newsnotify.heartbeats import WebHeart  # noqa: E402
from newsnotify.lib import database_threads, garbage  # noqa: E402
from newsnotify.lib.asgi_types import App, Receive, Scope, Send  # noqa: E402
from newsnotify.lib.bodies import BodyLimit  # noqa: E402
from newsnotify.lib.threaded_handler import ThreadedHandler  # noqa: E402
from newsnotify.static_files import StaticFiles  # noqa: E402
from notifications.realtime.hub import Hubs  # noqa: E402
from notifications.realtime.routing import sockets  # noqa: E402


class Lifespan:
    """Starts the hub with the server, and closes its sockets before the server does."""

    def __init__(self, hubs: Hubs) -> None:
        self.hubs = hubs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        _on_termination(self.hubs.here().close_all)
        garbage.settle()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hubs.stop_here()
        await asyncio.to_thread(database_threads.close)
        await send({"type": "lifespan.shutdown.complete"})


def _on_termination(do: Callable[[], None]) -> None:
    """Do this in the loop when the process is told to end, before the server's own handler.

    Uvicorn closes all sockets with 1012 before it tells the application of the shutdown.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        _go_first(number, lambda: loop.call_soon_threadsafe(do))


def _go_first(number: signal.Signals, do: Callable[[], object]) -> None:
    following = signal.getsignal(number)

    def handle(number: int, frame: FrameType | None) -> None:
        do()
        if callable(following):
            following(number, frame)

    if callable(following):
        signal.signal(number, handle)


OPML_PATHS = (
    "/api/v1/sources/import",
    "/api/v1/subscriptions/import",
    "/subscriptions/import",
)


def make_application(hubs: Hubs) -> App:
    limited = BodyLimit(
        ThreadedHandler(),
        limit_bytes=settings.BODY_LIMIT_BYTES,
        larger=dict.fromkeys(OPML_PATHS, settings.OPML_LIMIT_BYTES),
    )
    application: App = ProtocolTypeRouter(
        {
            "http": StaticFiles(limited),
            "websocket": sockets(hubs),
            "lifespan": Lifespan(hubs),
        }
    )
    return application


application = WebHeart(make_application(Hubs()))
