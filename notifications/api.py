"""`/api/v1/notifications…`"""

from typing import cast

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from notifications import selectors, services
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

    def get_queryset(self) -> QuerySet[Notification]:
        return selectors.notifications_of(_caller(self.request))


class NotificationView(generics.RetrieveAPIView[Notification]):
    queryset = Notification.objects.none()  # tells the schema the model
    serializer_class = NotificationSerializer

    def get_queryset(self) -> QuerySet[Notification]:
        return selectors.notifications_of(_caller(self.request))

    @extend_schema(request=ChangeSerializer, responses=NotificationSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        row = self.get_object()
        serializer = ChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.change(user=_caller(request), pk=row.pk, now=now(), **serializer.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


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
