from typing import Any

from rest_framework import serializers

from accounts.models import validate_time_zone
from news.models import Source, Topic
from subscriptions import preferences
from subscriptions.models import Kind, Subscription
from subscriptions.priorities import Priority

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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


class ClockField(serializers.RegexField):
    """A time of day, `HH:MM`."""

    default_error_messages = {"invalid": "Expected a time of day such as 22:30."}  # noqa: RUF012 - DRF's way

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^([01]\d|2[0-3]):[0-5]\d\Z", **kwargs)


class QuietHoursSerializer(serializers.Serializer[Any]):
    until = ClockField()

    def get_fields(self) -> dict[str, Any]:
        return {"from": ClockField(), **super().get_fields()}  # `from` is no name in Python


class WindowSerializer(QuietHoursSerializer):
    days = serializers.ListField(
        child=serializers.ChoiceField(choices=DAYS), allow_empty=False, max_length=7
    )


class DigestSerializer(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=("off", "hourly", "daily"))
    at = ClockField(default=preferences.DELIVERY["digest"]["at"])


class DeliverySerializer(serializers.Serializer[Any]):
    timezone = serializers.CharField(max_length=64, validators=[validate_time_zone], required=False)
    quiet_hours = QuietHoursSerializer(required=False, allow_null=True)
    windows = serializers.ListField(child=WindowSerializer(), required=False, max_length=50)
    digest = DigestSerializer(required=False)


class PreferencesSerializer(serializers.Serializer[Any]):
    subscribed = serializers.BooleanField(required=False)
    topic = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    priority = serializers.ListField(
        child=serializers.ChoiceField(
            choices=Priority.choices,
            error_messages={
                "invalid_choice": f"There is no priority '{{input}}', only {', '.join(Priority)}."
            },
        ),
        required=False,
        max_length=20,
    )
    category = serializers.ListField(
        child=serializers.SlugField(max_length=50), required=False, max_length=200
    )
    delivery = DeliverySerializer(required=False)

    def validate_topic(self, value: list[str]) -> list[Topic]:
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        if unknown := [slug for slug in value if slug not in topics]:
            known = ", ".join(sorted(topics)[:50])
            raise serializers.ValidationError(f"There is no topic '{unknown[0]}', only {known}.")
        return [topics[slug] for slug in dict.fromkeys(value)]

    def validate_category(self, value: list[str]) -> list[str]:
        return [category.lower() for category in value]
