from typing import Any

from rest_framework import serializers

from news.models import Source, Topic
from subscriptions.models import Kind, Subscription


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    topic = serializers.SlugRelatedField(
        slug_field="slug", queryset=Topic.objects.all(), required=False, allow_null=True
    )
    source = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment] # Field has a `source`
        queryset=Source.objects.none(), required=False, allow_null=True
    )
    url = serializers.CharField(max_length=2000, required=False, write_only=True)

    class Meta:
        model = Subscription
        fields = ("id", "kind", "topic", "source", "url", "created_at")
        read_only_fields = ("created_at",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = attrs["kind"]
        allowed = ("topic",) if kind == Kind.TOPIC else ("source", "url")
        given = [name for name in ("topic", "source", "url") if attrs.get(name)]
        if len(given) != 1 or given[0] not in allowed:
            wanted = " or ".join(f"`{name}`" for name in allowed)
            raise serializers.ValidationError({allowed[0]: [f"Give {wanted} with kind {kind}."]})
        return attrs
