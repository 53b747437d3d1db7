from typing import Any

from django.conf import settings
from rest_framework import serializers

from news.models import Source, Topic
from subscriptions.delivery_serializers import DeliverySerializer, NameField
from subscriptions.models import Kind, Subscription
from subscriptions.priorities import Priority


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


class YesNoField(serializers.BooleanField):
    """Yes or no; a form that does not name it says neither, where DRF would take that for no."""

    default_empty_html = serializers.empty


class PreferencesSerializer(serializers.Serializer[Any]):
    subscribed = YesNoField(required=False)
    topic = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    priority = serializers.ListField(
        child=NameField("priority", Priority.choices), required=False, max_length=20
    )
    category = serializers.ListField(
        child=serializers.SlugField(max_length=50), required=False, max_length=200
    )
    delivery = DeliverySerializer(required=False)
    language = NameField("language", settings.LANGUAGES, required=False)

    def validate_topic(self, value: list[str]) -> list[Topic]:
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        if unknown := [slug for slug in value if slug not in topics]:
            known = ", ".join(sorted(topics)[:50])
            raise serializers.ValidationError(f"There is no topic '{unknown[0]}', only {known}.")
        return [topics[slug] for slug in dict.fromkeys(value)]

    def validate_category(self, value: list[str]) -> list[str]:
        return [category.lower() for category in value]
