"""Who may do what in the API."""

from django.conf import settings
from django.utils.translation import gettext_lazy
from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey, Role, Scope, User
from accounts.roles import EDITS_NEWS


class MayRead(permissions.BasePermission):
    """Everybody, unless the operator keeps reading for signed-in people."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_safe = request.method in permissions.SAFE_METHODS
        return (is_safe and not settings.REQUIRE_LOGIN) or request.user.is_authenticated


class IsEditor(permissions.BasePermission):
    message = gettext_lazy("This is for editors.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and request.user.has_perm(EDITS_NEWS)


class IsEditorOrMayRead(MayRead):
    """Reading as `MayRead` says, changing for editors."""

    message = gettext_lazy("Changing this is for editors.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in permissions.SAFE_METHODS:
            return super().has_permission(request, view)
        return IsEditor().has_permission(request, view)


class IsAdmin(permissions.BasePermission):
    message = gettext_lazy("This is for admins.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_admin(request)


def is_admin(request: Request) -> bool:
    return isinstance(request.user, User) and request.user.role == Role.ADMIN


def has_scope(request: Request, scope: Scope) -> bool:
    """Tell whether an API key with this scope, or an admin, calls."""
    if isinstance(request.auth, ApiKey):
        return scope in request.auth.scopes
    return is_admin(request)


class MayWriteEvents(permissions.BasePermission):
    message = gettext_lazy("This needs an API key with the scope events:write, or an admin.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_scope(request, Scope.EVENTS_WRITE)


class MayWriteUsers(permissions.BasePermission):
    message = gettext_lazy("This needs an API key with the scope users:write, or an admin.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_scope(request, Scope.USERS_WRITE)


class MayNotify(permissions.BasePermission):
    """Producers, every signed-in person (for himself), and with `OPEN_INGEST` anybody."""

    message = gettext_lazy(
        "This needs an API key with the scope events:write, or somebody signed in."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        if settings.OPEN_INGEST or has_scope(request, Scope.EVENTS_WRITE):
            return True
        return request.user.is_authenticated


class IsPersonOrKey(permissions.BasePermission):
    """Whoever shows valid credentials; what each of them sees is the view's to say."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_known = request.user.is_authenticated or isinstance(request.auth, ApiKey)
        return is_known or settings.OPEN_INGEST
