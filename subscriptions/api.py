"""`/api/v1/subscriptions`"""

from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from news import selectors as news
from subscriptions import selectors, services
from subscriptions.models import Subscription
from subscriptions.serializers import SubscriptionSerializer


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
