from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from news import selectors as news
from news.models import Source, Topic
from subscriptions.delivery_serializers import DeliverySerializer, NameField, YesNoField
from subscriptions.keywords.grammar import LENGTH
from subscriptions.models import Kind, Subscription
from subscriptions.priorities import Priority
from subscriptions.services import parsed

# What a subscription of each kind has to name one of, and all that it may name.
NAMED = {
    Kind.TOPIC: ({"topic"}, {"topic"}),
    Kind.SOURCE: ({"source", "url"}, {"source", "url"}),
    Kind.KEYWORD: ({"query_text"}, {"query_text", "topic", "source"}),
}
FIELDS = {"query_text": "query"}
NO_TOPIC = gettext_lazy("There is no topic '{input}', only {known}.")
NO_PRIORITY = gettext_lazy("There is no priority '{input}', only {known}.")
NO_LANGUAGE = gettext_lazy("There is no language '{input}', only {known}.")


class RankField(serializers.ChoiceField):
    """A priority, kept as its rank."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Priority.choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return Priority(super().to_internal_value(data)).rank

    def to_representation(self, value: Any) -> str:
        return str(list(Priority)[value])


class ChannelsField(serializers.ListField):
    """The ids of channels of whoever asks; none means all of them."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def to_internal_value(self, data: Any) -> Any:
        wanted = set(super().to_internal_value(data))
        own = list(self.context["request"].user.channels.filter(pk__in=wanted))
        if unknown := wanted - {channel.pk for channel in own}:
            raise serializers.ValidationError(
                _("You have no channel %(id)s.") % {"id": min(unknown)}
            )
        return own

    def to_representation(self, data: Any) -> list[int]:
        return sorted(channel.pk for channel in data.all())


class OptionsSerializer(serializers.ModelSerializer[Subscription]):
    """What can be changed of a subscription that is there."""

    query = serializers.CharField(source="query_text", max_length=LENGTH, required=False)
    min_priority = RankField(required=False)
    muted_until = serializers.DateTimeField(required=False, allow_null=True)
    paused = serializers.BooleanField(source="is_paused", required=False)
    channels = ChannelsField(required=False, max_length=100)

    class Meta:
        model = Subscription
        fields: tuple[str, ...] = ("query", "min_priority", "muted_until", "paused", "channels")

    def validate_query(self, value: str) -> str:
        parsed(value)
        return value


class SubscriptionSerializer(OptionsSerializer):
    topic = serializers.SlugRelatedField(
        slug_field="slug", queryset=Topic.objects.all(), required=False, allow_null=True
    )
    source = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment] # Field has a `source`
        queryset=Source.objects.none(), required=False, allow_null=True
    )
    url = serializers.CharField(max_length=2000, required=False, write_only=True)

    class Meta:
        model = Subscription
        fields = (
            "id",
            "kind",
            "topic",
            "source",
            "url",
            *OptionsSerializer.Meta.fields,
            "created_at",
        )
        read_only_fields = ("created_at",)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        request = self.context.get("request")
        fields["source"].queryset = news.visible_sources(
            request.user if request else AnonymousUser()
        )
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = attrs["kind"]
        required, allowed = NAMED[kind]
        given = [name for name in ("topic", "source", "url", "query_text") if attrs.get(name)]
        if not required & set(given) or set(given) - allowed or {"source", "url"} <= set(given):
            names = sorted(FIELDS.get(name, name) for name in required)
            wanted = _(" or ").join(f"`{name}`" for name in names)
            why = _("Give %(wanted)s with kind %(kind)s.") % {"wanted": wanted, "kind": kind}
            raise serializers.ValidationError({names[0]: [why]})
        return attrs

    def to_representation(self, instance: Subscription) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        shown["query"] = shown["query"] or None
        if instance.query:
            shown["topic"] = instance.query.topic and instance.query.topic.slug
            shown["source"] = instance.query.source_id
        return shown


def wish_of(validated: dict[str, Any]) -> dict[str, Any]:
    """Give what was posted the names that the services know."""
    names = {"query_text": "query"}
    return {names.get(name, name): value for name, value in validated.items() if name != "kind"}


class BulkSerializer(serializers.Serializer[Any]):
    follow = serializers.ListField(
        child=SubscriptionSerializer(), required=False, max_length=200, default=list
    )
    unfollow = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=1000,
        default=list,
    )

    def validate_follow(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if any("url" in wish for wish in value):
            raise serializers.ValidationError(_("Sources by URL are followed one at a time."))
        return value


class BulkAnswerSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    existing = serializers.IntegerField()
    removed = serializers.IntegerField()
    results = SubscriptionSerializer(many=True)


class PreferencesSerializer(serializers.Serializer[Any]):
    subscribed = YesNoField(required=False)
    topic = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )
    priority = serializers.ListField(
        child=NameField(NO_PRIORITY, Priority.choices), required=False, max_length=20
    )
    category = serializers.ListField(
        child=serializers.SlugField(max_length=50), required=False, max_length=200
    )
    delivery = DeliverySerializer(required=False)
    language = NameField(NO_LANGUAGE, settings.LANGUAGES, required=False)

    def validate_topic(self, value: list[str]) -> list[Topic]:
        topics = {topic.slug: topic for topic in Topic.objects.all()}
        if unknown := [slug for slug in value if slug not in topics]:
            known = ", ".join(sorted(topics)[:50])
            values = {"input": unknown[0], "known": known}
            raise serializers.ValidationError(NO_TOPIC.format(**values))
        return [topics[slug] for slug in dict.fromkeys(value)]

    def validate_category(self, value: list[str]) -> list[str]:
        return [category.lower() for category in value]
