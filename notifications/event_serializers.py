"""What producers send, and what they are shown of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Never

import orjson
from django.utils.timezone import now
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.models import Role, User
from news.models import Topic
from newsnotify.lib.errors import TooLarge
from newsnotify.lib.lines import one_line
from notifications import recipients
from notifications.models import Event, Kind
from notifications.posting import Audience
from subscriptions.priorities import Priority
from subscriptions.serializers import NO_TOPIC

DATA_BYTES, DATA_DEPTH, MESSAGE_CHARACTERS = 64 * 1024, 20, 50_000
LANGUAGES, AUDIENCE = 50, 10_000


class DataField(serializers.DictField):
    """An object of the producer's own, bounded in size and depth."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if _is_deep(data):
            why = _("`%(name)s` is nested more than %(most)s deep.")
            raise TooLarge(why % {"name": self.field_name, "most": DATA_DEPTH})
        if len(orjson.dumps(data)) > DATA_BYTES:
            why = _("`%(name)s` is larger than %(most)s bytes of JSON.")
            raise TooLarge(why % {"name": self.field_name, "most": f"{DATA_BYTES:,}"})
        return data


def _is_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level and depth < DATA_DEPTH:
        level, depth = [inner for outer in level for inner in _parts(outer)], depth + 1
    return bool(level)


def _parts(value: Any) -> Iterable[Any]:
    """List the arrays and objects right inside a JSON value."""
    inner = value.values() if isinstance(value, dict) else value
    return [part for part in inner if isinstance(part, dict | list)]


class TopicField(serializers.SlugRelatedField[Topic]):
    """The slug of a topic; who names another is told which there are."""

    def fail(self, key: str, **kwargs: Any) -> Never:
        if key == "does_not_exist":
            known = ", ".join(Topic.objects.order_by("slug").values_list("slug", flat=True)[:50])
            value = str(kwargs["value"])[:100]
            why = NO_TOPIC.format(input=value, known=known)
            raise serializers.ValidationError(why)
        super().fail(key, **kwargs)


class CategoryField(serializers.SlugField):
    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data)).lower()


class UserNameField(serializers.CharField):
    """An id, an external id or an e-mail address; a number may be sent as one."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, float):  # whole numbers beyond 64 bits come as such
            self.fail("invalid")
        return super().to_internal_value(data)


class TitleField(serializers.CharField):
    """One line; what would break it, or turn what stands around it, is left out."""

    def run_validation(self, data: Any = empty) -> Any:
        title = one_line(super().run_validation(data))
        if not (title or self.allow_blank):
            self.fail("blank")
        return title


class TextSerializer(serializers.Serializer[Any]):
    title = TitleField(max_length=500, required=False, allow_blank=True)
    message = serializers.CharField(max_length=MESSAGE_CHARACTERS, required=False)


class ContentField(serializers.DictField):
    """Titles and messages by language."""

    child = TextSerializer()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > LANGUAGES:
            why = _("`content` has more than %(most)s languages.")
            raise TooLarge(why % {"most": LANGUAGES})
        return super().to_internal_value(data)


class AudienceSerializer(serializers.Serializer[Any]):
    users = serializers.ListField(child=UserNameField(max_length=260), required=False)
    topics = serializers.ListField(
        child=TopicField(slug_field="slug", queryset=Topic.objects), required=False, max_length=100
    )
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), required=False, max_length=10
    )

    def validate_users(self, value: list[str]) -> list[User]:
        if len(value) > AUDIENCE:
            why = _("`audience` names more than %(most)s users; post it in parts.")
            raise TooLarge(why % {"most": f"{AUDIENCE:,}"})
        return recipients.find_users(value, may_make=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.values()):
            why = _("It names nobody; leave it out to tell who matches.")
            raise serializers.ValidationError(why)
        return attrs

    def to_audience(self, attrs: dict[str, Any]) -> Audience:
        topics = [topic.pk for topic in attrs.get("topics", [])]
        return Audience(attrs.get("users", []), topics, attrs.get("roles", []))


class PostedSerializer(serializers.Serializer[Any]):
    """What events and notifications say."""

    content = ContentField(required=False)
    url = serializers.URLField(max_length=2000, required=False, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_url(self, value: str) -> str:
        if value and not value.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError(_("Only http and https addresses can be opened."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        begin: datetime = attrs.get("release_time") or now()
        if (end := attrs.get("expires_at")) and end <= max(begin, now()):
            why = _("It would be over before it is told.")
            raise serializers.ValidationError({"expires_at": [why]})
        return attrs


class NewSerializer(PostedSerializer):
    topic = TopicField(slug_field="slug", queryset=Topic.objects, required=False, allow_null=True)
    release_time = serializers.DateTimeField(required=False)


class EventSerializer(NewSerializer):
    title = TitleField(max_length=500)
    message = serializers.CharField(max_length=MESSAGE_CHARACTERS)
    category = CategoryField(max_length=50, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    data = DataField(required=False)  # type: ignore[assignment] # Serializer has a `data`
    audience = AudienceSerializer(required=False, allow_null=True)

    def validated(self) -> tuple[dict[str, Any], Audience | None]:
        """Give the fields of an event, and its audience."""
        fields = dict(self.validated_data)
        audience = fields.pop("audience", None)
        return fields, AudienceSerializer().to_audience(audience) if audience else None


class EditSerializer(PostedSerializer):
    """What may change once it is posted: what it says, not whom it concerns."""

    title = TitleField(max_length=500, required=False)
    message = serializers.CharField(max_length=MESSAGE_CHARACTERS, required=False)
    data = DataField(required=False)  # type: ignore[assignment] # Serializer has a `data`

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (fixed := sorted(data.keys() - self.fields.keys())):
            why = _("This cannot change once it is posted; recall the event and post another.")
            raise serializers.ValidationError({name: [why] for name in fixed})
        return super().to_internal_value(data)


class NotifySerializer(NewSerializer):
    user_id = UserNameField(max_length=260)
    title = TitleField(max_length=500, required=False, allow_blank=True, default="")
    message = serializers.CharField(max_length=MESSAGE_CHARACTERS)
    type = serializers.ChoiceField(choices=Kind.choices, required=False)
    metadata = DataField(required=False)

    def validate_metadata(self, value: dict[str, Any]) -> dict[str, Any]:
        MetadataSerializer(data=value).is_valid(raise_exception=True)
        return value

    def validated(self) -> tuple[str, dict[str, Any]]:
        """Give the user's name and the fields of the event."""
        fields = dict(self.validated_data)
        metadata = fields.pop("metadata", {})
        known = MetadataSerializer(data=metadata)
        known.is_valid(raise_exception=True)
        fields |= {"data": metadata, "kind": fields.pop("type", ""), **known.validated_data}
        return fields.pop("user_id"), fields


class MetadataSerializer(serializers.Serializer[Any]):
    """What we read of a notification's metadata; the rest is the producer's."""

    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    category = CategoryField(max_length=50, required=False)


class AcceptedSerializer(serializers.Serializer[Event]):
    id = serializers.IntegerField()
    status = serializers.CharField()


class ShownEventSerializer(serializers.ModelSerializer[Event]):
    topic: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    status = serializers.CharField()

    class Meta:
        model = Event
        fields = (
            "id", "title", "message", "content", "topic", "category", "priority", "url", "data",
            "status", "created_at", "release_time", "expires_at",
        )  # fmt: skip
