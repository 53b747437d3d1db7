"""Count requests by what answered them."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from newsnotify.lib import counts

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class CountingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began_at = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else ""
        method = request.method if request.method in METHODS else "other"
        counts.REQUESTS.labels(method, route, response.status_code).inc()
        counts.REQUEST_SECONDS.labels(route).observe(time.perf_counter() - began_at)
        return response
