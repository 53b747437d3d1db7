"""A path answers with and without a slash at the end, and never by a redirect."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

KEEP = ("/admin/", "/static/")


class EitherSlashMiddleware:
    """Take one trailing slash off, so that every route is written once, without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if len(path) > 1 and path.endswith("/") and not path.startswith(KEEP):
            request.path_info = path[:-1]
        return self.get_response(request)
