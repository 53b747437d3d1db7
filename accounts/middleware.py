"""Who asks for a page, whether he must be somebody, and in which zone he reads times."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect
from rest_framework.views import APIView

from accounts import page_sign_ins
from accounts.models import User


class SignInMiddleware:
    """Know every session of a page as a sign-in that can be listed and ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.user = SimpleLazyObject(partial(page_sign_ins.user_of, request))  # type: ignore[assignment] # as Django's own
        response = self.get_response(request)
        if response.status_code < 500:  # or the session is not saved
            page_sign_ins.keep(request)
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Open no page to strangers unless its view says `login_not_required`.

    The API is left to its own permissions, which are closed by default too.
    """

    def handle_no_permission(  # type: ignore[override] # any answer will do
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        response = super().handle_no_permission(request, view_func)
        # htmx would follow a plain redirect by itself and put the sign-in page into a button.
        is_fragment = request.headers.get("HX-Request") == "true"
        return HttpResponseClientRedirect(response.url) if is_fragment else response


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = request.user.zone if isinstance(request.user, User) else None
        with timezone.override(zone):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: object) -> None:
        """Leave the API in UTC, also for who calls it with the cookie of a page."""
        if issubclass(getattr(view, "cls", object), APIView):
            timezone.deactivate()
