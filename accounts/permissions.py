"""Who may do what in the API."""

from django.conf import settings
from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User


class MayRead(permissions.BasePermission):
    """Everybody, unless the operator keeps reading for signed-in people."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_safe = request.method in permissions.SAFE_METHODS
        return (is_safe and not settings.REQUIRE_LOGIN) or request.user.is_authenticated


class IsEditor(permissions.BasePermission):
    message = "This is for editors."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.is_editor


class IsEditorOrMayRead(MayRead):
    """Reading as `MayRead` says, changing for editors."""

    message = "Changing this is for editors."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in permissions.SAFE_METHODS:
            return super().has_permission(request, view)
        return IsEditor().has_permission(request, view)
