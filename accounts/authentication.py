"""How the API knows who calls."""

from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from accounts import keys, page_sign_ins, sign_ins, tokens
from accounts.models import ApiKey, SignIn, User
from newsnotify.lib.client_address import client_address


class AccessTokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; any other scheme is left to others.

    What shows how a person signed in is the row of his sign-in.
    """

    def authenticate(self, request: Request) -> tuple[User, SignIn] | None:  # type: ignore[override] # not the claims alone
        header = self.get_header(request)
        text = self.get_raw_token(header) if header else None
        if text is None:
            return None
        try:
            row = tokens.sign_in_of(text.decode("ascii", "replace"))
        except TokenError as error:
            raise AuthenticationFailed(str(error)) from error
        sign_ins.note_use(row, client_address(request._request), now())
        return row.user, row

    def get_raw_token(self, header: bytes) -> bytes | None:
        # The scheme's case does not count (RFC 9110, section 11.1); simplejwt knows one spelling.
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(b" ".join([scheme.capitalize(), rest]))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def sign_in_of(request: Request) -> SignIn | None:
    """Tell by which sign-in a request comes: its token's, or its page's."""
    if isinstance(request.auth, SignIn):
        return request.auth
    return page_sign_ins.sign_in_of(request._request)


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
