"""How the API knows who calls."""

from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts import keys
from accounts.models import ApiKey


class AccessTokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; any other scheme is left to others."""

    def get_raw_token(self, header: bytes) -> bytes | None:
        # The scheme's case does not count (RFC 9110, section 11.1); simplejwt knows one spelling.
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(b" ".join([scheme.capitalize(), rest]))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`: a producer, who is nobody's user.

    So whatever asks for a signed-in person stays closed to keys.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"api-key":
            return None
        try:
            return AnonymousUser(), keys.key_of(text.decode("ascii", "replace").strip(), now())
        except keys.KeyRefusedError as error:
            raise AuthenticationFailed(str(error)) from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "api_key"

    def get_security_definition(self, auto_schema: object) -> dict[str, object]:
        about = "`Api-Key nn_<id>_<secret>`"
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": about}


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = AccessTokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, object]:
        return {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {}}}}
