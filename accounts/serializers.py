from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.timezone import now
from rest_framework import serializers

from accounts import services
from accounts.models import ApiKey, Scope, User


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name", "timezone", "language", "role", "created_at")
        read_only_fields = ("email", "role", "created_at")


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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        email = attrs.get("email") or attrs.get("username")
        if not email:
            raise serializers.ValidationError({"email": ["Give an e-mail, or a username."]})
        return {"email": email.strip().lower(), "password": attrs["password"]}


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
            raise serializers.ValidationError("This time has passed.")
        return value

    def to_representation(self, instance: ApiKey) -> dict[str, Any]:
        return {**super().to_representation(instance), "scopes": sorted(instance.scopes)}


class IssuedKeySerializer(serializers.ModelSerializer[ApiKey]):
    """For the schema: a key as it is shown once."""

    key = serializers.CharField()

    class Meta:
        model = ApiKey
        fields = (*ApiKeySerializer.Meta.fields, "key")
