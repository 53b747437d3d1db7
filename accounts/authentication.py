"""How the API knows who calls."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication


class AccessTokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; any other scheme is left to others."""

    def get_raw_token(self, header: bytes) -> bytes | None:
        # The scheme's case does not count (RFC 9110, section 11.1); simplejwt knows one spelling.
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(b" ".join([scheme.capitalize(), rest]))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = AccessTokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, object]:
        return {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {}}}}
