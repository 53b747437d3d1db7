"""`/api/v1/notifications…`"""

from typing import cast

from django.db.models import QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import IsPersonOrKey, MayNotify
from notifications import notify_api, selectors, services
from notifications.event_serializers import NotifySerializer
from notifications.filters import NotificationFilter
from notifications.models import Notification
from notifications.serializers import (
    ChangeSerializer,
    CountsSerializer,
    MarkReadSerializer,
    NotificationSerializer,
)


def _caller(request: Request) -> User:
    return cast(User, request.user)  # IsAuthenticated came before


class NotificationListView(generics.ListAPIView[Notification]):
    queryset = Notification.objects.none()  # tells the schema the model
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    keyset = ("created_revision",)

    def get_permissions(self) -> list[BasePermission]:
        return [MayNotify()] if self.request.method == "POST" else [IsAuthenticated()]

    def get_queryset(self) -> QuerySet[Notification]:
        return selectors.notifications_of(_caller(self.request))

    @extend_schema(request=NotifySerializer, responses={201: NotificationSerializer})
    def post(self, request: Request) -> Response:
        return notify_api.notify(request)


class NotificationView(generics.RetrieveDestroyAPIView[Notification]):
    queryset = Notification.objects.none()  # tells the schema the model
    serializer_class = NotificationSerializer
    permission_classes = (IsPersonOrKey,)

    def get_queryset(self) -> QuerySet[Notification]:
        return notify_api.seen_by(self.request)

    @extend_schema(request=ChangeSerializer, responses=NotificationSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        row = self._own()
        serializer = ChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.change(user=row.user, pk=row.pk, now=now(), **serializer.validated_data)
        return Response(self.get_serializer(self.get_object()).data)

    def perform_destroy(self, instance: Notification) -> None:
        row = self._own()
        services.delete(user=row.user, ids=[row.pk])

    def _own(self) -> Notification:
        """Give the row to its recipient; others may look at it at most."""
        row = self.get_object()
        if not notify_api.acts_as_recipient(self.request, row):
            raise PermissionDenied(_("This is for its recipient."))
        return row


class MarkReadView(APIView):
    @extend_schema(request=MarkReadSerializer, responses=CountsSerializer)
    def post(self, request: Request) -> Response:
        serializer = MarkReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.mark_read(
            user=_caller(request), now=now(), ids=serializer.validated_data.get("ids")
        )
        return Response({"unread": selectors.unread_count(_caller(request))})


class CountsView(APIView):
    @extend_schema(responses=CountsSerializer)
    def get(self, request: Request) -> Response:
        return Response({"unread": selectors.unread_count(_caller(request))})
