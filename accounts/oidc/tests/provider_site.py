"""An OpenID Connect provider in a process of its own, by django-oauth-toolkit; it lies when told.

    python provider_site.py PORT FOLDER CALLBACK HOME

`POST /control/` with JSON changes what it says: `claims` go into every ID token, `mischief` names
what is wrong with it, `rotate` gives it a new key.
"""

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization as keys
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

CLIENT_ID, CLIENT_SECRET = "newsnotify", "a client's secret of tests"
EMAIL, PASSWORD = "ann@example.org", "ann at the provider"
READY = "The provider is ready"
PAGE = """<!doctype html><title>The provider</title><h1>The provider</h1>
<form method="post"><label>User <input name="username"></label>
<label>Secret <input name="password" type="password"></label>
<button>Let me in</button></form>"""

said: dict[str, Any] = {"claims": {}, "mischief": ""}


def new_key() -> str:
    form = (keys.Encoding.PEM, keys.PrivateFormat.PKCS8, keys.NoEncryption())
    return rsa.generate_private_key(65537, 2048).private_bytes(*form).decode()


def configure(folder: Path) -> None:
    apps = ("auth", "contenttypes", "sessions")
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.sqlite3"}
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="the provider's own, for tests",
        ROOT_URLCONF=__name__,
        # The house is on the same host, and cookies know no ports.
        SESSION_COOKIE_NAME="provider_session",
        USE_TZ=True,
        DATABASES={"default": engine},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "oauth2_provider"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
            }
        ],
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": new_key(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
            "PKCE_REQUIRED": True,
            "SCOPES": {"openid": "who", "email": "address", "profile": "name"},
        },
    )
    django.setup()


def packed(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unpacked(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signed(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    body = ".".join(packed(json.dumps(part).encode()) for part in (header, claims))
    return f"{body}.{packed(sign(body.encode()))}"


def by_rsa(pem: str) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    key = keys.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return lambda body: key.sign(body, PKCS1v15(), SHA256())


def by_public_key(pem: str) -> Callable[[bytes], bytes]:
    """Sign with what everybody knows, as who swaps the algorithm does."""
    public = keys.load_pem_private_key(pem.encode(), None).public_key()
    secret = public.public_bytes(keys.Encoding.PEM, keys.PublicFormat.SubjectPublicKeyInfo)
    return lambda body: hmac.new(secret, body, hashlib.sha256).digest()


def spoilt(token: str, mischief: str, pem: str) -> str:
    """Make of a good token one that nobody may take."""
    header, claims = (unpacked(part) for part in token.split(".")[:2])
    wrong: dict[str, dict[str, Any]] = {
        "nonce": {"nonce": "another"},
        "issuer": {"iss": "https://evil.example"},
        "audience": {"aud": "somebody-else"},
        "party": {"aud": [CLIENT_ID, "somebody-else"], "azp": "somebody-else"},
        "expired": {"exp": 1},
        "at_hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        "nobody": {"sub": ""},
        "too long": {"sub": "x" * 256},
    }
    claims = {**claims, **wrong.get(mischief, {})}
    if mischief.startswith("no "):
        del claims[mischief.removeprefix("no ")]
    if mischief == "alg none":
        return signed({**header, "alg": "none"}, claims, lambda _: b"")
    if mischief == "alg HS256":
        return signed({**header, "alg": "HS256"}, claims, by_public_key(pem))
    if mischief == "unknown key":
        return signed({**header, "kid": "unknown"}, claims, by_rsa(new_key()))
    if mischief == "another's key":
        return signed(header, claims, by_rsa(new_key()))
    return signed(header, claims, by_rsa(pem))


def site() -> Any:
    """Put the parts together, which can be imported only now."""
    from django.contrib.auth import authenticate, login
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
    from django.urls import include, path
    from oauth2_provider.oauth2_validators import OAuth2Validator
    from oauth2_provider.settings import oauth2_settings

    class Validator(OAuth2Validator):  # type: ignore[misc] # it has no types
        oidc_claim_scope = None

        def get_additional_claims(self, request: Any) -> dict[str, Any]:
            mine = {"email": request.user.email, "email_verified": True, "name": "Ann"}
            return {**mine, **said["claims"]}

        def finalize_id_token(self, *args: Any) -> str:
            token: str = super().finalize_id_token(*args)
            if not said["mischief"]:
                return token
            return spoilt(token, said["mischief"], oauth2_settings.OIDC_RSA_PRIVATE_KEY)

    def sign_in(request: HttpRequest) -> HttpResponse:
        named = {name: request.POST.get(name, "") for name in ("username", "password")}
        if user := authenticate(request, **named):
            login(request, user)
            return HttpResponseRedirect(request.GET["next"])
        return HttpResponse(PAGE)

    def control(request: HttpRequest) -> HttpResponse:
        wanted = json.loads(request.body)
        if wanted.pop("rotate", False):
            oauth2_settings.OIDC_RSA_PRIVATE_KEY = new_key()
        said.update(wanted)
        return HttpResponse()

    oauth2_settings.OAUTH2_VALIDATOR_CLASS = Validator
    sys.modules[__name__].urlpatterns = [  # type: ignore[attr-defined]
        path("control/", control),
        path("accounts/login/", sign_in),
        path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
    ]
    return get_wsgi_application()


def furnish(callback: str, home: str) -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    User.objects.create_user("ann", EMAIL, PASSWORD)
    Application.objects.create(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=callback,
        post_logout_redirect_uris=home,
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    port, folder, callback, home = sys.argv[1:]
    configure(Path(folder))
    application = site()
    furnish(callback, home)
    with make_server("127.0.0.1", int(port), application, Server, Quiet) as server:
        print(READY, flush=True)  # noqa: T201 - who started it waits for that
        server.serve_forever()
