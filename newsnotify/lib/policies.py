"""What browsers let our pages do: little, and more only on pages that others made."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.renderers import BrowsableAPIRenderer

BROWSABLE_API = "browsable API"


class ContentPolicyMiddleware(CSPMiddleware):
    """Sends `CONTENT_SECURITY_POLICY`, with what `EASED_POLICIES` replaces in some places."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        parts.replace = {**_eased(request, response), **(parts.replace or {})}
        return parts


def _eased(request: HttpRequest, response: HttpResponseBase) -> dict[str, Any]:
    policies: dict[str, dict[str, Any]] = settings.EASED_POLICIES
    if isinstance(getattr(response, "accepted_renderer", None), BrowsableAPIRenderer):
        return policies[BROWSABLE_API]
    places = (place for place in policies if request.path_info.startswith(place))
    return policies.get(next(places, ""), {})


class PrivacyMiddleware:
    """Keeps what somebody in particular is answered out of caches, his browser's excepted.

    What a change is answered, tokens above all, is kept nowhere (RFC 6749, section 5.1).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            if request.method not in {"GET", "HEAD", "OPTIONS"}:
                response["Cache-Control"] = "no-store"
            elif _is_for_somebody(request, response):
                # Asked for again each time, so that nothing is shown once he has signed out.
                response["Cache-Control"] = "private, no-cache"
        return response


def _is_for_somebody(request: HttpRequest, response: HttpResponseBase) -> bool:
    has_credentials = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_credentials or "Authorization" in request.headers or bool(response.cookies)


class PermissionsPolicyMiddleware:
    """Says that no page of ours, and no frame in it, uses the reader's devices."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.policy = ", ".join(f"{name}=()" for name in settings.UNUSED_FEATURES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.policy
        return response
