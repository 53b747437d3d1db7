"""The limits as DRF asks for them; they raise TooMany by themselves."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import limits

if TYPE_CHECKING:  # it reads its settings, which name a class of this module
    from rest_framework.views import APIView


class ApiThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits.api(request)
        return True


class ResetThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits.reset(request._request)
        return True


class PasswordThrottle(ApiThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits.password(request)
        return super().allow_request(request, view)


class RegistrationThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits.registration(request._request)
        return True
