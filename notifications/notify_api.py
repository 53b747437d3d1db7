"""Notifications as producers make them and follow them up, for one user by name."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey, Scope, User
from accounts.permissions import IsPersonOrKey, has_scope, is_admin
from newsnotify.lib.errors import Conflict
from notifications import posting, recipients, selectors, services, states
from notifications.event_serializers import NotifySerializer
from notifications.events_api import idempotently, producer_of
from notifications.filters import NotificationFilter
from notifications.models import Notification, Place
from notifications.representation import represent
from notifications.serializers import NotificationSerializer, StatusSerializer

ONLY_YOURSELF = gettext_lazy(
    "You may notify only yourself; to notify others use an API key with the scope events:write."
)


def notify(request: Request, *, otherwise: int | None = None) -> Response:
    """Answer a POST of one notification; it goes to `otherwise` when nobody is named."""

    def do() -> tuple[int, dict[str, Any]]:
        named = isinstance(request.data, dict) and "user_id" in request.data
        default = {"user_id": otherwise} if otherwise and not named else {}
        serializer = NotifySerializer(data=_merged(request.data, default))
        serializer.is_valid(raise_exception=True)
        name, fields = serializer.validated()
        user = _addressed(request, name)
        row = posting.notify(producer=producer_of(request), user=user, fields=fields, now=now())
        return status.HTTP_201_CREATED, represent(row)

    code, answer = idempotently(request, do)
    place = request.build_absolute_uri(f"/api/v1/notifications/{answer['id']}")
    return Response(answer, status=code, headers={"Location": place})


def _merged(data: Any, default: dict[str, Any]) -> Any:
    return {**default, **data} if isinstance(data, dict) else data


def _addressed(request: Request, name: str) -> User:
    is_producer = settings.OPEN_INGEST or has_scope(request, Scope.EVENTS_WRITE)
    if not is_producer:
        if recipients.find_user(name) != request.user:
            raise PermissionDenied(ONLY_YOURSELF)
        assert isinstance(request.user, User)  # noqa: S101 - MayNotify came before
        return request.user
    try:
        return recipients.find_users([name], may_make=True)[0]
    except DjangoValidationError as error:
        raise ValidationError({"user_id": error.messages}) from error


def seen_by(request: Request) -> QuerySet[Notification]:
    """Find the notifications that a caller may look at one by one."""
    rows = Notification.objects.exclude(place=Place.DELETED)
    rows = rows.select_related("user", "event__topic", "event__source")
    if has_scope(request, Scope.NOTIFICATIONS_READ_ANY):
        return rows
    return rows.filter(_own(request))


def _own(request: Request) -> Q:
    if isinstance(request.auth, ApiKey):
        return Q(event__api_key=request.auth)
    mine = Q(user_id=request.user.pk or 0) & ~Q(place=Place.PENDING)
    # Recipients without sign-in cannot come themselves.
    return mine | Q(user__external_key__isnull=False) if settings.OPEN_INGEST else mine


def acts_as_recipient(request: Request, row: Notification) -> bool:
    is_open = settings.OPEN_INGEST and not recipients.has_sign_in(row.user)
    return row.user == request.user or is_open


def _acts_as_producer(request: Request, row: Notification) -> bool:
    is_open = settings.OPEN_INGEST and not recipients.has_sign_in(row.user)
    is_its_key = isinstance(request.auth, ApiKey) and row.event.api_key_id == request.auth.pk
    return is_admin(request) or is_its_key or is_open


def mark_read(request: Request, pk: int) -> Response:
    """Mark one read for its recipient; again is fine."""
    row = generics.get_object_or_404(seen_by(request), pk=pk)
    if not acts_as_recipient(request, row):
        raise PermissionDenied(_("This is for its recipient."))
    services.mark_read(user=row.user, ids=[pk], now=now())
    return Response(represent(seen_by(request).get(pk=pk)))


class StatusView(APIView):
    permission_classes = (IsPersonOrKey,)

    @extend_schema(request=StatusSerializer, responses=NotificationSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        row = generics.get_object_or_404(seen_by(request), pk=pk)
        serializer = StatusSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data["status"]
        allowed = states.legal(
            row.status,
            is_released=row.place != Place.PENDING,
            as_recipient=acts_as_recipient(request, row),
            as_producer=_acts_as_producer(request, row),
        )
        if wanted not in allowed:
            others = ", ".join(name for name in allowed if name != row.status) or _("none")
            why = _("From %(status)s to %(wanted)s is no step for you; legal: %(others)s.")
            values = {"status": row.status, "wanted": wanted, "others": others}
            raise Conflict(why % values)
        if wanted != row.status:
            services.set_status(notification=row, status=wanted, now=now())
        return Response(represent(seen_by(request).get(pk=pk)))


class UserNotificationsView(generics.ListAPIView[Notification]):
    """What one user was told; a key without the scope to read all sees what it sent."""

    queryset = Notification.objects.none()  # tells the schema the model
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    keyset = ("created_revision",)
    permission_classes = (IsPersonOrKey,)

    def get_queryset(self) -> QuerySet[Notification]:
        return notifications_for(self.request, self.kwargs["name"])


def inbox_for(request: Request, name: str) -> QuerySet[Notification]:
    """Find what lies in a user's inbox, as far as the caller may know; raises Http404."""
    return notifications_for(request, name).filter(place=Place.INBOX)


def notifications_for(request: Request, name: str) -> QuerySet[Notification]:
    """Find what a user was told, as far as the caller may know; raises Http404."""
    user = request.user if name == "me" else recipients.find_user(name)
    if not isinstance(user, User):
        raise Http404
    if user == request.user or has_scope(request, Scope.NOTIFICATIONS_READ_ANY):
        return selectors.notifications_of(user)
    if isinstance(request.auth, ApiKey):
        return selectors.notifications_of(user).filter(event__api_key=request.auth)
    if settings.OPEN_INGEST and not recipients.has_sign_in(user):
        return selectors.notifications_of(user)
    raise Http404
