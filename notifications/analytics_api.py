"""`/api/v1/analytics/…`"""

from datetime import timedelta
from typing import Any, cast

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import IsEditor
from notifications import analytics, sent
from subscriptions.models import Kind


class OverviewQuerySerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=analytics.MOST_DAYS, default=7)


class SentQuerySerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=sent.MOST_DAYS, default=sent.DAYS)


class EndsSerializer(serializers.Serializer[Any]):
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()


class TotalsSerializer(EndsSerializer):
    crawled = serializers.IntegerField()
    new = serializers.IntegerField()
    notified = serializers.IntegerField()
    by_channel = serializers.DictField(child=EndsSerializer())


class DaySerializer(TotalsSerializer):
    date = serializers.DateField()


class OverviewSerializer(serializers.Serializer[Any]):
    days = DaySerializer(many=True)
    totals = TotalsSerializer()


class SentRowSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[*Kind, sent.RULE])
    topic = serializers.CharField(allow_null=True)
    source = serializers.IntegerField(allow_null=True)  # type: ignore[assignment] # Field has one
    query = serializers.CharField(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    sent = serializers.IntegerField()
    read = serializers.IntegerField()
    last_sent_at = serializers.DateTimeField(source="last_at")
    subscription = serializers.IntegerField(allow_null=True)


class SentSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    results = SentRowSerializer(many=True)


class OverviewView(APIView):
    permission_classes = (IsEditor,)

    @extend_schema(parameters=[OverviewQuerySerializer], responses=OverviewSerializer)
    def get(self, request: Request) -> Response:
        query = OverviewQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = analytics.overview(days=query.validated_data["days"], now=now())
        return Response(OverviewSerializer(found).data)


class SentView(APIView):
    @extend_schema(parameters=[SentQuerySerializer], responses=SentSerializer)
    def get(self, request: Request) -> Response:
        query = SentQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        days = query.validated_data["days"]
        rows = sent.sent_to(cast(User, request.user), since=now() - timedelta(days=days))
        return Response(SentSerializer({"days": days, "results": rows}).data)
