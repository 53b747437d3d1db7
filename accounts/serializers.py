from datetime import datetime
from typing import Any, ClassVar, Literal

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.timezone import now
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import services
from accounts.models import ApiKey, AuditRecord, Scope, SignIn, User


class UserSerializer(serializers.ModelSerializer[User]):
    email_verified = serializers.BooleanField(source="is_email_verified", read_only=True)

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "email_verified",
            "new_email",
            "name",
            "timezone",
            "language",
            "role",
            "created_at",
        )
        read_only_fields = ("email", "new_email", "role", "created_at")

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        services.change_profile(user=instance, **validated_data)
        return instance


class KnownUserSerializer(serializers.ModelSerializer[User]):
    """A user as admins see him; only the role is theirs to change."""

    class Meta:
        model = User
        fields = (
            "id", "email", "external_id", "name", "timezone", "language", "role", "is_active",
            "created_at",
        )  # fmt: skip
        read_only_fields = tuple(name for name in fields if name != "role")
        extra_kwargs: ClassVar = {"role": {"required": True}}


class SignInSerializer(serializers.ModelSerializer[SignIn]):
    kind = serializers.SerializerMethodField()
    current = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields = ("id", "kind", "device", "address", "created_at", "last_used_at", "current")

    def get_kind(self, row: SignIn) -> Literal["page", "token"]:
        return "page" if row.session_key else "token"

    def get_current(self, row: SignIn) -> bool:
        """Whether this very request comes by it."""
        return bool(row == self.context["current"])


class AuditRecordSerializer(serializers.ModelSerializer[AuditRecord]):
    class Meta:
        model = AuditRecord
        fields = ("id", "at", "action", "actor", "subject", "address", "detail")


class RegisterSerializer(serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False)
    language = serializers.CharField(max_length=10, required=False)

    def create(self, validated_data: dict[str, Any]) -> User:
        try:
            return services.register(**validated_data)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error


class CredentialsSerializer(serializers.Serializer[User]):
    email = serializers.CharField(max_length=254, required=False)
    username = serializers.CharField(max_length=254, required=False)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    otp = serializers.CharField(
        max_length=40,
        default="",
        allow_blank=True,
        help_text="With a second factor: a code of the authenticator app, or a recovery code.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        email = attrs.get("email") or attrs.get("username")
        if not email:
            raise serializers.ValidationError({"email": [_("Give an e-mail, or a username.")]})
        return {**attrs, "email": email.strip().lower()}


class RefreshTokenSerializer(serializers.Serializer[User]):
    refresh_token = serializers.CharField(max_length=4096)


class TokenPairSerializer(serializers.Serializer[User]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    scopes = serializers.MultipleChoiceField(choices=Scope.choices, allow_empty=False)

    class Meta:
        model = ApiKey
        fields = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
        read_only_fields = ("created_at", "last_used_at")

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value and value <= now():
            raise serializers.ValidationError(_("This time has passed."))
        return value

    def to_representation(self, instance: ApiKey) -> dict[str, Any]:
        return {**super().to_representation(instance), "scopes": sorted(instance.scopes)}


class IssuedKeySerializer(serializers.ModelSerializer[ApiKey]):
    """For the schema: a key as it is shown once."""

    key = serializers.CharField()

    class Meta:
        model = ApiKey
        fields = (*ApiKeySerializer.Meta.fields, "key")
