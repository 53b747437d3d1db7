from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications import states
from notifications.models import Notification
from notifications.representation import represent


class NotificationSerializer(serializers.Serializer[Notification]):
    """Describes what `represent` shows; everywhere a notification looks the same."""

    id = serializers.IntegerField()
    event_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    message = serializers.CharField()
    url = serializers.CharField()
    topic = serializers.CharField(allow_null=True)
    category = serializers.CharField()
    priority = serializers.CharField()
    source_title = serializers.CharField()
    type = serializers.CharField()
    status = serializers.CharField()
    read = serializers.BooleanField()
    read_at = serializers.DateTimeField(allow_null=True)
    archived = serializers.BooleanField()
    article = serializers.IntegerField(allow_null=True)
    metadata = extend_schema_field({"type": "object"})(serializers.JSONField)()
    release_time = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    cursor = serializers.CharField()

    def to_representation(self, instance: Notification) -> dict[str, Any]:
        return represent(instance)


class ChangeSerializer(serializers.Serializer[Notification]):
    read = serializers.BooleanField(required=False)
    archived = serializers.BooleanField(required=False)


class StatusSerializer(serializers.Serializer[Notification]):
    status = serializers.ChoiceField(choices=states.STATUSES)


class MarkReadSerializer(serializers.Serializer[Notification]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=1000,
    )
    all = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == bool(attrs.get("all")):
            raise serializers.ValidationError({"ids": [_('Give either "ids" or "all": true.')]})
        return attrs


class CountsSerializer(serializers.Serializer[Notification]):
    unread = serializers.IntegerField()
