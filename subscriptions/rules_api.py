"""`/api/v1/rules`"""

from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from news import selectors as news
from news.models import Source, Topic
from subscriptions import rules
from subscriptions.keywords.grammar import LENGTH
from subscriptions.models import Rule
from subscriptions.serializers import wish_of
from subscriptions.services import parsed


class RuleChangesSerializer(serializers.ModelSerializer[Rule]):
    """What can be changed of a rule that is there."""

    query = serializers.CharField(source="query_text", max_length=LENGTH)
    paused = serializers.BooleanField(source="is_paused", required=False)

    class Meta:
        model = Rule
        fields: tuple[str, ...] = ("query", "action", "paused")

    def validate_query(self, value: str) -> str:
        parsed(value)
        return value


class RuleSerializer(RuleChangesSerializer):
    topic = serializers.SlugRelatedField(
        slug_field="slug", queryset=Topic.objects.all(), required=False, allow_null=True
    )
    source = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment] # Field has a `source`
        queryset=Source.objects.none(), required=False, allow_null=True
    )

    class Meta:
        model = Rule
        fields = ("id", *RuleChangesSerializer.Meta.fields, "topic", "source", "created_at")
        read_only_fields = ("created_at",)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        request = self.context.get("request")
        viewer = request.user if request else AnonymousUser()
        fields["source"].queryset = news.visible_sources(viewer)
        return fields

    def to_representation(self, instance: Rule) -> dict[str, Any]:
        query = instance.query
        return {
            "id": instance.pk,
            "query": instance.query_text,
            "action": instance.action,
            "paused": instance.is_paused,
            "topic": query.topic.slug if query.topic else None,
            "source": query.source_id,
            "created_at": self.fields["created_at"].to_representation(instance.created_at),
        }


class RuleListView(generics.ListAPIView[Rule]):
    serializer_class = RuleSerializer

    def get_queryset(self) -> QuerySet[Rule]:
        return rules.rules_of(self.request.user)

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wish = wish_of(serializer.validated_data)
        row, is_new = rules.make_rule(user=cast(User, request.user), **wish)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=code)


class RuleView(generics.RetrieveDestroyAPIView[Rule]):
    serializer_class = RuleSerializer

    def get_queryset(self) -> QuerySet[Rule]:
        return rules.rules_of(self.request.user)

    @extend_schema(request=RuleChangesSerializer, responses=RuleSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        row = self.get_object()
        serializer = RuleChangesSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = rules.change_rule(rule=row, changes=wish_of(serializer.validated_data))
        return Response(self.get_serializer(row).data)

    def perform_destroy(self, instance: Rule) -> None:
        rules.remove_rule(rule=instance)
