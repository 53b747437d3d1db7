"""`/api/v1/users/{name}`: recipients without sign-in, made by producers; roles by admins."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.timezone import now
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit, services
from accounts.audit import Action
from accounts.models import User
from accounts.permissions import IsAdmin, MayWriteUsers
from accounts.serializers import KnownUserSerializer
from newsnotify.lib.errors import Conflict
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
        error_messages={
            "invalid": gettext_lazy("Expected a number in E.164, such as +491711234567.")
        },
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
    def get_permissions(self) -> list[BasePermission]:
        return [IsAdmin()] if self.request.method == "PATCH" else [MayWriteUsers()]

    @extend_schema(request=KnownUserSerializer, responses=KnownUserSerializer)
    def patch(self, request: Request, name: str) -> Response:
        user = recipients.find_user(name)
        if user is None:
            raise Http404
        serializer = KnownUserSerializer(user, data=request.data)
        serializer.is_valid(raise_exception=True)
        role = serializer.validated_data["role"]
        try:
            services.change_user(user=user, role=role, by=audit.caller(request))
        except services.LastAdminError as error:
            raise Conflict(error.messages[0]) from error
        return Response(KnownUserSerializer(user).data)

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
        if any(given.values()):
            verified = sorted(kind for kind, address in given.items() if address)
            by = audit.caller(request)
            audit.record(Action.RECIPIENT_VERIFIED, by, user, channels=verified)
        if preferences:
            set_preferences(user=user, changes=preferences)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(RecipientSerializer(user).data, status=code)
