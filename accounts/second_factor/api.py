"""`/api/v1/auth/mfa/…`: second factors by API. Passkeys are made in browsers, on the pages."""

from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit, credentials
from accounts.authentication import sign_in_of
from accounts.models import Passkey, RecoveryCode, Totp, User
from accounts.second_factor import checking, services, totp
from accounts.throttles import PasswordThrottle
from newsnotify.lib.errors import Conflict


class PasskeySerializer(serializers.ModelSerializer[Passkey]):
    class Meta:
        model = Passkey
        fields = ("id", "name", "created_at", "last_used_at")


class FactorsSerializer(serializers.Serializer[User]):
    totp = serializers.BooleanField()
    passkeys = PasskeySerializer(many=True)
    recovery_codes_left = serializers.IntegerField()


class AppSerializer(serializers.Serializer[User]):
    secret = serializers.CharField()
    uri = serializers.CharField(help_text="For a QR code.")


class PasswordSerializer(serializers.Serializer[User]):
    current_password = serializers.CharField(
        max_length=128, trim_whitespace=False, write_only=True, allow_blank=True, default=""
    )


class ConfirmSerializer(PasswordSerializer):
    otp = serializers.CharField(max_length=40)


class RecoveryCodesSerializer(serializers.Serializer[User]):
    recovery_codes = serializers.ListField(child=serializers.CharField())


def _allowed(serializer: type[PasswordSerializer], request: Request) -> tuple[User, dict[str, Any]]:
    """Read what is wanted, for whom the password is that came with it."""
    read, user = serializer(data=request.data), cast(User, request.user)
    read.is_valid(raise_exception=True)
    wanted = dict(read.validated_data)
    credentials.check_current(user, wanted.pop("current_password"))
    return user, wanted


class FactorsView(APIView):
    @extend_schema(responses=FactorsSerializer)
    def get(self, request: Request) -> Response:
        """Tell which second factors the caller has."""
        user = cast(User, request.user)
        passkeys = Passkey.objects.filter(user=user).order_by("pk")
        return Response(
            {
                "totp": Totp.objects.filter(user=user).exclude(confirmed_at=None).exists(),
                "passkeys": PasskeySerializer(passkeys, many=True).data,
                "recovery_codes_left": RecoveryCode.objects.filter(user=user, used_at=None).count(),
            }
        )


class AppView(APIView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(request=None, responses={200: AppSerializer})
    def post(self, request: Request) -> Response:
        """Give the secret for an authenticator app; it counts when a code of it was confirmed."""
        user = cast(User, request.user)
        if Totp.objects.filter(user=user).exclude(confirmed_at=None).exists():
            raise Conflict(_("An authenticator app is set up already; remove it first."))
        secret = services.begin_app(user).secret
        return Response({"secret": secret, "uri": totp.uri(secret, str(user))})

    @extend_schema(request=PasswordSerializer, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the authenticator app."""
        user, _wanted = _allowed(PasswordSerializer, request)
        services.remove_app(user=user, by=audit.caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmAppView(APIView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(request=ConfirmSerializer, responses={200: RecoveryCodesSerializer})
    def post(self, request: Request) -> Response:
        """Set up the app that shows this code; the first factor brings recovery codes."""
        user, wanted = _allowed(ConfirmSerializer, request)
        kept = sign_in_of(request)
        codes = services.confirm_app(user=user, by=audit.caller(request), kept=kept, **wanted)
        return Response({"recovery_codes": codes})


class RecoveryCodesView(APIView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(request=PasswordSerializer, responses={200: RecoveryCodesSerializer})
    def post(self, request: Request) -> Response:
        """Make new recovery codes, shown once; the former ones are over."""
        user, _wanted = _allowed(PasswordSerializer, request)
        if not checking.is_set(user):
            raise Conflict(_("Set up an authenticator app or a passkey first."))
        codes = services.make_recovery_codes(user, by=audit.caller(request))
        return Response({"recovery_codes": codes})
