"""`/api/v1/auth/…`: verifying the e-mail address, changing it and the password."""

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit, credentials
from accounts.api import OpenView
from accounts.authentication import sign_in_of
from accounts.models import User
from accounts.serializers import UserSerializer
from accounts.throttles import PasswordThrottle, ResetThrottle


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, write_only=True, **kwargs)


class LinkSerializer(serializers.Serializer[User]):
    token = serializers.CharField(max_length=1000)


class AddressSerializer(serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)


class DetailSerializer(serializers.Serializer[User]):
    detail = serializers.CharField()


class NewPasswordSerializer(LinkSerializer):
    password = PasswordField()


class PasswordChangeSerializer(serializers.Serializer[User]):
    current_password = PasswordField(allow_blank=True, default="")
    new_password = PasswordField()


class EmailChangeSerializer(AddressSerializer):
    current_password = PasswordField(allow_blank=True, default="")


def _read(serializer: type[serializers.Serializer[User]], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    return cast(dict[str, Any], read.validated_data)


def _accepted(detail: str) -> Response:
    return Response({"detail": detail}, status=status.HTTP_202_ACCEPTED)


class VerifyView(OpenView):
    @extend_schema(request=LinkSerializer, responses=UserSerializer)
    def post(self, request: Request) -> Response:
        """Verify an e-mail address, or change to a new one, with the token of the link sent."""
        wanted = _read(LinkSerializer, request)
        user = credentials.verify(**wanted, by=audit.caller(request))
        return Response(UserSerializer(user).data)


class AskResetView(OpenView):
    throttle_classes = (ResetThrottle,)

    @extend_schema(request=AddressSerializer, responses={202: DetailSerializer})
    def post(self, request: Request) -> Response:
        """Have a link for a new password sent; the answer does not tell of accounts."""
        credentials.ask_reset(**_read(AddressSerializer, request))
        return _accepted(_("If there is an account with this e-mail, a letter is on its way."))


class ResetView(OpenView):
    throttle_classes = (ResetThrottle,)

    @extend_schema(request=NewPasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password with the token of the link sent; ends every sign-in."""
        wanted = _read(NewPasswordSerializer, request)
        credentials.reset_password(**wanted, by=audit.caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResendView(APIView):
    @extend_schema(request=None, responses={202: DetailSerializer})
    def post(self, request: Request) -> Response:
        """Send the link that verifies the e-mail address once more."""
        credentials.ask_verification(user=cast(User, request.user))
        return _accepted(_("If the address still has to be verified, a letter is on its way."))


class EmailView(APIView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(request=EmailChangeSerializer, responses={202: UserSerializer})
    def post(self, request: Request) -> Response:
        """Ask for another e-mail address; it counts when the link sent there is opened."""
        wanted, user = _read(EmailChangeSerializer, request), cast(User, request.user)
        current = wanted["current_password"]
        credentials.ask_email_change(user=user, current=current, email=wanted["email"])
        return Response(UserSerializer(user).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Keep the present address after all."""
        credentials.forget_email_change(user=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    throttle_classes = (PasswordThrottle,)

    @extend_schema(request=PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change the password; ends every sign-in but the one that calls."""
        wanted, user = _read(PasswordChangeSerializer, request), cast(User, request.user)
        credentials.change_password(
            user=user,
            current=wanted["current_password"],
            password=wanted["new_password"],
            by=audit.caller(request),
            kept=sign_in_of(request),
        )
        if request.auth is None:
            update_session_auth_hash(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)
