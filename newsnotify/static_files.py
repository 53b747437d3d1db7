"""Static files: straight from the apps' folders, cached by browsers until they change."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from asgiref.wsgi import WsgiToAsgi
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from newsnotify.lib.asgi_types import App, Message, Receive, Scope, Send

MINUTE, YEAR = 60, 365 * 24 * 3600  # seconds

StartResponse = Callable[..., Any]


@cache
def _version(name: str) -> str:
    path = finders.find(name)
    if not path:
        return ""
    with open(path, "rb") as file:  # noqa: PTH123 - finders give text
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


class VersionedStorage(StaticFilesStorage):
    """Put the content's hash into the query, so that no build step has to rename files."""

    def url(self, name: str | None) -> str:
        version = _version(name or "")
        return f"{super().url(name)}?v={version}" if version else super().url(name)


class StaticFiles:
    """ASGI middleware: serves the apps' static folders, and hands on what is not below them."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._files = WsgiToAsgi(_Folders())  # type: ignore[no-untyped-call]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(settings.STATIC_URL):
            await self._files(scope, _no_body, send)  # nobody's upload is read for a file
        else:
            await self.app(scope, receive, send)


class _Folders:
    """WSGI application: a versioned URL is good for ever, any other for a minute."""

    def __init__(self) -> None:
        self._versioned, self._plain = _white_noise(YEAR), _white_noise(MINUTE)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterator[bytes]:
        is_versioned = environ["QUERY_STRING"].startswith("v=")
        body = (self._versioned if is_versioned else self._plain)(environ, start)
        try:
            yield from body
        finally:  # WsgiToAsgi leaves the file open
            if hasattr(body, "close"):
                body.close()


def _white_noise(max_age_seconds: int) -> WhiteNoise:
    files = WhiteNoise(
        _not_found, max_age=max_age_seconds, autorefresh=settings.DEBUG, allow_all_origins=False
    )
    # The first app that has a file wins with Django, the last one with WhiteNoise.
    for storage in reversed(finders.AppDirectoriesFinder().storages.values()):
        files.add_files(storage.location, settings.STATIC_URL)
    return files


def _not_found(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    start("404 Not Found", [("Content-Type", "text/plain")])
    return [b"There is no such file."]


async def _no_body() -> Message:
    return {"type": "http.request"}
