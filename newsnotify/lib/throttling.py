"""What a request may still do, told in its answer: `RateLimit-*`, and 429 with `Retry-After`."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from newsnotify.lib.ratelimit import Limit, Taken, take

_TAKEN = "_limits_taken"


class TooMany(Throttled):
    wait: int  # seconds
    extra_detail_singular = extra_detail_plural = gettext_lazy(  # type: ignore[assignment] # as lazy as DRF's own
        "Come again in {wait} s."
    )

    def __init__(self, taken: Taken) -> None:
        super().__init__(wait=taken.wait_seconds, detail=_("This is too much at once."))
        self.limit = taken.limit


def spend(request: HttpRequest | Request, limit: Limit, who: str) -> None:
    """Count one more of somebody's; raises TooMany. Nothing counts with `RATE_LIMITS=0`."""
    if not settings.RATE_LIMITS:
        return
    plain = request._request if isinstance(request, Request) else request
    taken = take(limit, who)
    setattr(plain, _TAKEN, [*getattr(plain, _TAKEN, []), taken])
    if not taken.is_admitted:
        raise TooMany(taken)


class LimitsMiddleware:
    """Tells of the limit of which the least is left, and answers what went over on a page.

    The headers' names are of draft-ietf-httpapi-ratelimit-headers, version 03.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if spent := getattr(request, _TAKEN, None):
            tightest = min(spent, key=lambda taken: (taken.remaining, -taken.wait_seconds))
            response["RateLimit-Limit"] = str(tightest.limit.count)
            response["RateLimit-Remaining"] = str(tightest.remaining)
            response["RateLimit-Reset"] = str(tightest.reset_seconds)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TooMany):
            return None
        response = render(request, "429.html", {"wait": error.wait}, status=error.status_code)
        response["Retry-After"] = str(error.wait)
        return response
