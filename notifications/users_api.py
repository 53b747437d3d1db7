"""`/api/v1/users/{external_id}`: recipients without sign-in, made by producers."""

from typing import Any

from django.db import transaction
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import MayWriteUsers
from notifications import recipients
from notifications.models import Channel
from subscriptions.preferences import preferences_of, set_preferences
from subscriptions.serializers import PreferencesSerializer

ADDRESSES = {"email": Channel.Kind.EMAIL.value, "phone": Channel.Kind.SMS.value}


class RecipientSerializer(serializers.ModelSerializer[User]):
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.RegexField(
        r"^\+[1-9]\d{6,14}\Z",
        required=False,
        allow_blank=True,
        error_messages={"invalid": "Expected a number in E.164, such as +491711234567."},
    )
    preferences = PreferencesSerializer(required=False)

    class Meta:
        model = User
        fields = (
            "id", "external_id", "email", "phone", "name", "timezone", "language", "preferences",
        )  # fmt: skip
        read_only_fields = ("external_id",)

    def validate_email(self, value: str) -> str:
        return value.strip().lower()

    def to_representation(self, instance: User) -> dict[str, Any]:
        rows = dict(instance.channels.values_list("kind", "address"))
        return {
            "id": instance.pk,
            "external_id": instance.external_id,
            **{name: rows.get(kind) for name, kind in ADDRESSES.items()},
            "name": instance.name,
            "timezone": instance.timezone,
            "language": instance.language,
            "preferences": preferences_of(instance),
        }


class RecipientView(APIView):
    permission_classes = (MayWriteUsers,)

    @extend_schema(
        request=RecipientSerializer, responses={200: RecipientSerializer, 201: RecipientSerializer}
    )
    @transaction.atomic
    def put(self, request: Request, name: str) -> Response:
        serializer = RecipientSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        preferences = fields.pop("preferences", None)
        given = {kind: fields.pop(each) for each, kind in ADDRESSES.items() if each in fields}
        user, is_new = recipients.put_recipient(
            name=name, addresses=given, fields=fields, now=now()
        )
        if preferences:
            set_preferences(user=user, changes=preferences)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(RecipientSerializer(user).data, status=code)
