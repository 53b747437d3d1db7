"""Django's ASGI handler, but a request is one hop to a thread that keeps its connections.

Stock Django goes to and fro between the loop and a new thread for each request, whose database
and Redis connections end with it. On two cores that cost 5 ms a request: a list from the cache
was answered 160 times a second, and is 700 times this way.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import IO, Any, TypeVar
from weakref import WeakKeyDictionary

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from django.utils.timezone import now

from newsnotify.lib.asgi_types import Receive, Scope, Send

T = TypeVar("T")
R = TypeVar("R", bound=HttpResponseBase)

AT_ONCE = 8  # requests that are worked on; more would only take turns at the interpreter
SLOW_SECONDS = 1.0  # who takes longer waits for somebody else, and gives his place to another
MOST = 64  # threads
_HELD = "_held_seconds"


def arrived_at(request: HttpRequest) -> datetime | None:
    """Tell when a request came to this process; None where no server of ours took it."""
    came_at = getattr(request, "scope", {}).get("arrived_at")
    return came_at if isinstance(came_at, datetime) else None


def held(response: R, seconds: float) -> R:
    """Let an answer leave so much later than it is made, without keeping a thread for that."""
    setattr(response, _HELD, seconds)
    return response


class ThreadedHandler(ASGIHandler):
    """For views without `async`; the middlewares are called as under WSGI."""

    def __init__(self) -> None:
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(MOST, "request")
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]
        self._places = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        scope = {**scope, "arrived_at": now()}
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            response = await self._in_thread(self._respond, scope, body)
            await asyncio.sleep(getattr(response, _HELD, 0))
            try:
                await self.send_response(response, send)
            finally:
                if response.streaming:
                    await self._in_thread(response.close)

    async def _in_thread(self, do: Callable[..., T], *args: Any) -> T:
        """Call in a thread, in a context of the call's own."""
        loop = asyncio.get_running_loop()
        async with self._places.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
            call = loop.run_in_executor(self._threads, copy_context().run, do, *args)
            await asyncio.wait({call}, timeout=SLOW_SECONDS)
        return await call

    def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, error = self.create_request(scope, body)
        response = self.get_response(request) if request else error
        assert response  # noqa: S101 - one of them there is
        response._handler_class = self.__class__  # type: ignore[attr-defined] # for its signal
        if not response.streaming:
            response.close()
        return response
