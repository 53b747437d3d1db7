"""Static files: straight from the apps' folders, cached by browsers until they change."""

import asyncio
import hashlib
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from newsnotify.lib.asgi_types import App, Message, Receive, Scope, Send

MINUTE, YEAR = 60, 365 * 24 * 3600  # seconds
UNGUESSED = ("X-Content-Type-Options", "nosniff")
NOT_FOUND = b"There is no such file."


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
    """ASGI middleware: serves the apps' static folders, and hands on what is not below them.

    A versioned URL is good for ever, any other for a minute. WhiteNoise speaks WSGI, but not by
    asgiref's bridge: that left its context with the connection, and one in some dozens of the
    next requests there ended as a 500.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._versioned, self._plain = _white_noise(YEAR), _white_noise(MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(settings.STATIC_URL):
            await self.app(scope, receive, send)
            return
        is_versioned = scope["query_string"].startswith(b"v=")
        files = self._versioned if is_versioned else self._plain
        # Nobody's upload is read for a file.
        start, body = await asyncio.to_thread(_answer, files, scope)
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _answer(files: WhiteNoise, scope: Scope) -> tuple[Message, bytes]:
    """Read a file, or the part of it that is asked for, whole: ours are some megabytes at most."""
    file = (files.find_file if files.autorefresh else files.files.get)(scope["path"])
    if file is None:
        return _start(HTTPStatus.NOT_FOUND, [("Content-Type", "text/plain"), UNGUESSED]), NOT_FOUND
    response = file.get_response(scope["method"], _environ(scope))
    if response.file is None:
        return _start(response.status, response.headers), b""
    with response.file:
        return _start(response.status, response.headers), response.file.read()


def _environ(scope: Scope) -> dict[str, str]:
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }


def _start(status: HTTPStatus, headers: Iterable[tuple[str, str]]) -> Message:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": int(status), "headers": encoded}


def _white_noise(max_age_seconds: int) -> WhiteNoise:
    files = WhiteNoise(
        None,
        max_age=max_age_seconds,
        autorefresh=settings.DEBUG,
        allow_all_origins=False,
        add_headers_function=_never_guess,
    )
    # The first app that has a file wins with Django, the last one with WhiteNoise.
    for storage in reversed(finders.AppDirectoriesFinder().storages.values()):
        files.add_files(storage.location, settings.STATIC_URL)
    return files


def _never_guess(headers: Headers, path: str, url: str) -> None:
    headers.add_header(*UNGUESSED)
