"""Short paths that existing clients use: thin routes onto the same views and services."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import OpenView, TokenView
from accounts.models import User
from accounts.permissions import IsPersonOrKey, MayNotify
from accounts.serializers import RegisterSerializer
from accounts.throttles import RegistrationThrottle
from newsnotify import membership
from newsnotify.lib.paging import AnchoredPagination
from notifications import notify_api
from notifications.event_serializers import NotifySerializer
from notifications.models import Notification
from notifications.serializers import NotificationSerializer
from subscriptions import selectors
from subscriptions.api import PreferencesView
from subscriptions.delivery_serializers import YesNoField
from subscriptions.preferences import set_preferences
from subscriptions.serializers import PreferencesSerializer

TOKEN_MINUTES = 60


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class RegisteredSerializer(MessageSerializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()


class QueuedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.CharField()


class StatsSerializer(serializers.Serializer[Any]):
    active_subscribers = serializers.IntegerField()


class RegisterView(OpenView):
    throttle_classes = (RegistrationThrottle,)

    @extend_schema(request=RegisterSerializer, responses=RegisteredSerializer)
    def post(self, request: Request) -> Response:
        serializer = RegisterSerializer(data=_with_email(request.data))
        serializer.is_valid(raise_exception=True)
        user = serializer.save()
        shown = {"id": user.pk, "email": user.email, "message": "Registered successfully"}
        return Response(shown)


def _with_email(data: Any) -> Any:
    """Take `username` as another name of `email`."""
    if isinstance(data, dict) and "email" not in data and "username" in data:
        return {**data, "email": data["username"]}
    return data


class ShortTokenView(TokenView):
    minutes = TOKEN_MINUTES


class NotifyView(APIView):
    permission_classes = (MayNotify,)

    @extend_schema(request=NotifySerializer, responses=QueuedSerializer)
    def post(self, request: Request) -> Response:
        answer = notify_api.notify(request, otherwise=_own_id(request))
        return Response({"id": answer.data["id"], "status": "queued"})


def _own_id(request: Request) -> int | None:
    return request.user.pk if request.user.is_authenticated else None


class BareArray(AnchoredPagination):
    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers={"X-Total-Count": str(self.count)})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


class NotificationsView(generics.ListAPIView[Notification]):
    queryset = Notification.objects.none()  # tells the schema the model
    serializer_class = NotificationSerializer
    pagination_class = BareArray
    keyset = ("created_revision",)
    permission_classes = (IsPersonOrKey,)

    def get_queryset(self) -> QuerySet[Notification]:
        try:
            name = self.request.query_params.get("user_id") or "me"
            return notify_api.inbox_for(self.request, name)
        except Http404 as error:
            raise PermissionDenied(_("You may list only your own notifications.")) from error


class ReadView(APIView):
    permission_classes = (IsPersonOrKey,)

    @extend_schema(request=None, responses=NotificationSerializer)
    def put(self, request: Request, pk: int) -> Response:
        return notify_api.mark_read(request, pk)


class SubscribeSerializer(RegisterSerializer):
    subscribed = YesNoField(default=True)
    preferences = PreferencesSerializer(required=False)


class SubscribeView(OpenView):
    throttle_classes = (RegistrationThrottle,)

    @extend_schema(request=SubscribeSerializer, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        serializer = SubscribeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        membership.join(
            email=wanted["email"],
            password=wanted["password"],
            preferences={**wanted.get("preferences", {}), "subscribed": wanted["subscribed"]},
        )
        return Response({"message": "Subscribed successfully"})


class UnsubscribeView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses=MessageSerializer)
    def post(self, request: Request) -> Response:
        set_preferences(user=cast(User, request.user), changes={"subscribed": False})
        return Response({"message": "Unsubscribed successfully"})


class StatsView(OpenView):
    @extend_schema(responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        return Response({"active_subscribers": selectors.subscriber_count()})


urlpatterns = [
    path("register", RegisterView.as_view()),
    path("login", ShortTokenView.as_view()),
    path("token", ShortTokenView.as_view()),
    path("notify", NotifyView.as_view()),
    path("notifications", NotificationsView.as_view()),
    path("notifications/<int:pk>/read", ReadView.as_view()),
    path("subscribe", SubscribeView.as_view()),
    path("unsubscribe", UnsubscribeView.as_view()),
    path("preferences", PreferencesView.as_view()),
    path("stats", StatsView.as_view()),
]
