"""Lists of articles that many ask for, kept for a second unless something changes sooner.

Only what everybody sees is kept. A version that every change replaces on its commit is stored
with each list, so a new article is seen at once; when the cache was away and the version could
not be replaced, the second bounds how old a list may be.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from news import selectors

KEEP_SECONDS = 1
PATH = "/api/v1/articles"
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
    key = _key(request._request)
    version, body = _kept(key)
    if body is not None:
        return _marked(HttpResponse(body, content_type=JSON), "hit")
    made = request.accepted_renderer.render(make().data, JSON, {})
    if len(made) <= LARGEST_BYTES:
        cache.set(key, (version, made), KEEP_SECONDS)
    return _marked(HttpResponse(made, content_type=JSON), "miss")


class KeptArticlesMiddleware:
    """Answers with a kept list whoever shows no credentials, ahead of all that looks for them.

    Sessions, languages and DRF cost five times what a list from the cache does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != PATH or not _is_anybody_s(request):
            return self.get_response(request)
        _, body = _kept(_key(request))
        if body is None:
            return self.get_response(request)
        length = {"Content-Length": str(len(body))}
        response = _marked(HttpResponse(body, content_type=JSON, headers=length), "hit")
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        return response


def _is_anybody_s(request: HttpRequest) -> bool:
    """Tell whether a request is for JSON, and nothing about it says whose it is."""
    is_plain = request.headers.get("Accept", "*/*") in {"*/*", JSON}
    is_named = "Authorization" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES
    is_open = not settings.REQUIRE_LOGIN
    return request.method == "GET" and is_plain and is_open and not is_named


def _kept(key: str) -> tuple[str | None, bytes | None]:
    """Give the current version, and the list if one of this version is kept."""
    found = cache.get_many([VERSION, key])
    version, kept = found.get(VERSION), found.get(key)
    return version, kept[1] if kept and kept[0] == version else None


def _is_for_everybody(request: Request) -> bool:
    is_plain = request.accepted_media_type == JSON
    return is_plain and selectors.sees_what_everybody_sees(request.user)


def _key(request: HttpRequest) -> str:
    """Name a list by all that its text depends on: host and query too are in `next`."""
    return "articles:" + sha256(request.build_absolute_uri().encode()).hexdigest()


def _marked(response: HttpResponseBase, state: str) -> HttpResponseBase:
    response["X-Cache"] = state
    return response
