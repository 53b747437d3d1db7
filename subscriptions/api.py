"""`/api/v1/subscriptions` and `/api/v1/preferences`"""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from subscriptions import preferences, selectors, services
from subscriptions.models import Subscription
from subscriptions.serializers import (
    BulkAnswerSerializer,
    BulkSerializer,
    OptionsSerializer,
    PreferencesSerializer,
    SubscriptionSerializer,
    wish_of,
)


class SubscriptionListView(generics.ListAPIView[Subscription]):
    serializer_class = SubscriptionSerializer

    def get_queryset(self) -> QuerySet[Subscription]:
        return selectors.subscriptions_of(self.request.user)

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wish = wish_of(serializer.validated_data)
        row, is_new = services.subscribe(user=cast(User, request.user), **wish)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)


class SubscriptionView(generics.RetrieveDestroyAPIView[Subscription]):
    serializer_class = SubscriptionSerializer

    def get_queryset(self) -> QuerySet[Subscription]:
        return selectors.subscriptions_of(self.request.user)

    @extend_schema(request=OptionsSerializer, responses=SubscriptionSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        row = self.get_object()
        serializer = OptionsSerializer(
            data=request.data, partial=True, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        row = services.change(subscription=row, changes=wish_of(serializer.validated_data))
        return Response(self.get_serializer(row).data)

    def perform_destroy(self, instance: Subscription) -> None:
        services.unfollow(user=instance.user, ids=[instance.pk])


class BulkView(APIView):
    @extend_schema(request=BulkSerializer, responses=BulkAnswerSerializer)
    def post(self, request: Request) -> Response:
        context = {"request": request}
        serializer = BulkSerializer(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        wishes = [wish_of(wish) for wish in serializer.validated_data["follow"]]
        followed, ended = services.rearrange(
            user=cast(User, request.user),
            follow=wishes,
            unfollow_ids=serializer.validated_data["unfollow"],
        )
        added = sum(is_new for _, is_new in followed)
        rows = SubscriptionSerializer([row for row, _ in followed], many=True, context=context)
        counts = {"added": added, "existing": len(followed) - added, "removed": ended}
        return Response({**counts, "results": rows.data})


class PreferencesView(APIView):
    @extend_schema(responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        return Response(preferences.preferences_of(cast(User, request.user)))

    @extend_schema(request=PreferencesSerializer, responses=PreferencesSerializer)
    def patch(self, request: Request) -> Response:
        return self._set(request, {})

    @extend_schema(request=PreferencesSerializer, responses=PreferencesSerializer)
    def post(self, request: Request) -> Response:
        return self._set(request, {})

    @extend_schema(request=PreferencesSerializer, responses=PreferencesSerializer)
    def put(self, request: Request) -> Response:
        return self._set(request, preferences.ANEW)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        preferences.reset(user=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _set(self, request: Request, otherwise: dict[str, Any]) -> Response:
        serializer = PreferencesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = {**otherwise, **serializer.validated_data}
        wanted["delivery"] = {
            **otherwise.get("delivery", {}),
            **serializer.validated_data.get("delivery", {}),
        }
        preferences.set_preferences(user=cast(User, request.user), changes=wanted)
        return self.get(request)
