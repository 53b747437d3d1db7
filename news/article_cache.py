"""Lists of articles that many ask for, kept for a second unless something changes sooner.

Only what everybody sees is kept. A version that every change replaces on its commit is stored
with each list, so a new article is seen at once; when the cache was away and the version could
not be replaced, the second bounds how old a list may be.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256

from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from news import selectors

KEEP_SECONDS = 1
LARGEST_BYTES = 256 * 1024
VERSION = "articles:version"
JSON = "application/json"  # exactly: a client may have asked for indents


def outdate() -> None:
    """Let no list made before this transaction's commit be shown after it."""
    transaction.on_commit(_outdate)


def _outdate() -> None:
    cache.set(VERSION, secrets.token_hex(8), timeout=None)


def answer(request: Request, make: Callable[[], Response]) -> HttpResponseBase:
    """Answer with a kept list, else with a new one; `X-Cache` says which."""
    if not _is_for_everybody(request):
        return _marked(make(), "miss")
    key = _key(request)
    found = cache.get_many([VERSION, key])
    version, kept = found.get(VERSION), found.get(key)
    if kept and kept[0] == version:
        return _marked(HttpResponse(kept[1], content_type=JSON), "hit")
    body = request.accepted_renderer.render(make().data, JSON, {})
    if len(body) <= LARGEST_BYTES:
        cache.set(key, (version, body), KEEP_SECONDS)
    return _marked(HttpResponse(body, content_type=JSON), "miss")


def _is_for_everybody(request: Request) -> bool:
    is_plain = request.accepted_media_type == JSON
    return is_plain and selectors.sees_what_everybody_sees(request.user)


def _key(request: Request) -> str:
    """Name a list by all that its text depends on: host and query too are in `next`."""
    return "articles:" + sha256(request.build_absolute_uri().encode()).hexdigest()


def _marked(response: HttpResponseBase, state: str) -> HttpResponseBase:
    response["X-Cache"] = state
    return response
