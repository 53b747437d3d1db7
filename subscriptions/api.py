"""`/api/v1/subscriptions` and `/api/v1/preferences`"""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from news import selectors as news
from subscriptions import preferences, selectors, services
from subscriptions.models import Subscription
from subscriptions.serializers import PreferencesSerializer, SubscriptionSerializer


class SubscriptionListView(generics.ListAPIView[Subscription]):
    serializer_class = SubscriptionSerializer

    def get_queryset(self) -> QuerySet[Subscription]:
        return selectors.subscriptions_of(self.request.user)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer: Any = super().get_serializer(*args, **kwargs)
        fields = getattr(serializer, "child", serializer).fields
        fields["source"].queryset = news.visible_sources(self.request.user)
        return serializer

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = {k: v for k, v in serializer.validated_data.items() if k != "kind"}
        row, is_new = services.subscribe(user=cast(User, request.user), **wanted)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)


class SubscriptionView(generics.RetrieveDestroyAPIView[Subscription]):
    serializer_class = SubscriptionSerializer

    def get_queryset(self) -> QuerySet[Subscription]:
        return selectors.subscriptions_of(self.request.user)


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
