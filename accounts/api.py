"""`/api/v1/auth/…` and `/api/v1/keys`"""

from collections.abc import Sequence

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import TokenError

from accounts import audit, keys, page_sign_ins, sign_ins, tokens
from accounts.authentication import AccessTokenAuthentication
from accounts.models import ApiKey, User
from accounts.permissions import IsAdmin
from accounts.serializers import (
    ApiKeySerializer,
    CredentialsSerializer,
    IssuedKeySerializer,
    RefreshTokenSerializer,
    RegisterSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from accounts.throttles import RegistrationThrottle
from newsnotify.lib import threaded_handler
from newsnotify.lib.client_address import client_address
from newsnotify.lib.parsers import JSONParser


class OpenView(APIView):
    """A view that needs no credentials and looks at none, so that stale ones do no harm."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    parser_classes: Sequence[type[BaseParser]] = (JSONParser,)

    def get_authenticate_header(self, request: Request) -> str:
        return AccessTokenAuthentication().authenticate_header(request)


class RegisterView(OpenView):
    throttle_classes = (RegistrationThrottle,)

    @extend_schema(request=RegisterSerializer, responses={201: UserSerializer})
    def post(self, request: Request) -> Response:
        serializer = RegisterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = UserSerializer(serializer.save())
        return Response(user.data, status=status.HTTP_201_CREATED)


class TokenView(OpenView):
    parser_classes = (JSONParser, FormParser)
    minutes: int | None = None  # that access tokens live; as configured

    @extend_schema(request=CredentialsSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        user = self._named(request) if request.data else self._of_session(request)
        origin = sign_ins.origin_of(request._request)
        return Response(tokens.sign_in(user, minutes=self.minutes, origin=origin))

    def _named(self, request: Request) -> User:
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        shown = serializer.validated_data
        secrets = {"password": shown["password"], "otp": shown["otp"]}
        user = authenticate(request._request, email=shown["email"], **secrets)
        if not isinstance(user, User):
            raise AuthenticationFailed(_("No active account has this e-mail and password."))
        return user

    def _of_session(self, request: Request) -> User:
        """Give tokens to who is signed in on the pages, against the CSRF token."""
        user = page_sign_ins.user_of(request._request)
        if not isinstance(user, User):
            why = _("Give an e-mail and a password, or sign in first.")
            raise ValidationError({"email": [why]})
        SessionAuthentication().enforce_csrf(request)
        return user


class RefreshView(OpenView):
    @extend_schema(request=RefreshTokenSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        serializer = RefreshTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, plain = serializer.validated_data["refresh_token"], request._request
        came_at, address = threaded_handler.arrived_at(plain), client_address(plain)
        try:
            pair = tokens.refresh(token, arrived_at=came_at, address=address)
        except TokenError as error:
            raise AuthenticationFailed(str(error)) from error
        return threaded_handler.held(Response(pair), tokens.HELD_SECONDS)


class LogoutView(OpenView):
    @extend_schema(request=RefreshTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        serializer = RefreshTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            by = audit.caller(request)
            tokens.sign_out(serializer.validated_data["refresh_token"], address=by.address)
        except TokenError as error:
            raise AuthenticationFailed(str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(generics.RetrieveUpdateAPIView[User]):
    serializer_class = UserSerializer
    http_method_names: tuple[str, ...] = ("get", "patch", "head", "options")

    def get_object(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101 - IsAuthenticated came before
        return self.request.user


class KeyListView(generics.ListAPIView[ApiKey]):
    queryset = ApiKey.objects.all()
    serializer_class = ApiKeySerializer
    permission_classes = (IsAdmin,)

    @extend_schema(request=ApiKeySerializer, responses={201: IssuedKeySerializer})
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, key = keys.issue(**serializer.validated_data, by=audit.caller(request))
        shown = {**self.get_serializer(row).data, "key": key}
        return Response(shown, status=status.HTTP_201_CREATED)


class KeyView(generics.DestroyAPIView[ApiKey]):
    queryset = ApiKey.objects.all()
    serializer_class = ApiKeySerializer
    permission_classes = (IsAdmin,)

    def perform_destroy(self, instance: ApiKey) -> None:
        keys.delete(instance, by=audit.caller(self.request))
