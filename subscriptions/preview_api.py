"""`/api/v1/subscriptions/preview`"""

from typing import Any, cast

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from news.serializers import ArticleListSerializer
from newsnotify.lib.throttling import spend
from subscriptions.preview import DAYS, LIMIT, preview
from subscriptions.serializers import SubscriptionSerializer, wish_of


class NightSerializer(serializers.Serializer[Any]):
    until = serializers.TimeField(source="ends", format="%H:%M")
    timezone = serializers.CharField(source="zone")
    is_own = serializers.BooleanField(help_text="These are the person's quiet hours.")

    def get_fields(self) -> dict[str, Any]:
        begins = serializers.TimeField(source="begins", format="%H:%M")
        return {"from": begins, **super().get_fields()}  # `from` is no name in Python


class PreviewSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(default=DAYS)
    matches = serializers.IntegerField()
    at_night = serializers.IntegerField()
    night = NightSerializer()
    looked_at = serializers.IntegerField(help_text="So many articles, the newest ones.")
    is_complete = serializers.BooleanField(help_text="There were no more than that.")
    explained = serializers.CharField(help_text="The query in words.")
    sample = ArticleListSerializer(many=True)


class PreviewView(APIView):
    @extend_schema(request=SubscriptionSerializer, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        user = cast(User, request.user)
        serializer = SubscriptionSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        spend(request, LIMIT, str(user.pk))
        found = preview(user=user, now=now(), **wish_of(serializer.validated_data))
        return Response(PreviewSerializer(found).data)
