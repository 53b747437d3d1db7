"""The OpenID Connect provider that the operator named: what we ask it, and what we believe.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207).
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from accounts.oidc.refusals import ForgedError, ProviderAwayError

# Whatever a provider says it can do, and a token's header names: only what takes a private key
# to sign (RFC 8725, section 3.1). Else its public key would do as the secret of an HMAC.
ALGORITHMS = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
    "EdDSA",
]  # fmt: skip
SCOPE = "openid email profile"
DISCOVERY = "/.well-known/openid-configuration"
KNOWN_SECONDS = 3600  # so long discovery and keys are believed
TIMEOUT_SECONDS = (5, 10)  # to connect, and between two pieces of an answer
LONGEST_SUBJECT = 255  # section 2 of OpenID Connect Core
LEEWAY_SECONDS = 60  # for clocks that differ


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one way to the provider and back is bound together with."""

    state: str
    nonce: str
    verifier: str  # of PKCE

    @classmethod
    def new(cls) -> "Attempt":
        return cls(*(secrets.token_urlsafe(32) for _part in range(3)))

    def kept(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who somebody is by the provider's word, and the tokens it gave."""

    claims: dict[str, Any]
    tokens: dict[str, Any]


def configured() -> "Provider | None":
    """Give the operator's provider, if there is one."""
    if not settings.OIDC_ISSUER:
        return None
    return _provider(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


@lru_cache(maxsize=4)
def _provider(*named: str) -> "Provider":
    return Provider(*named)


class Provider:
    """One provider and what is known of it; safe for threads."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.address, self.client_id, self.client_secret = issuer, client_id, client_secret
        self._known: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return urlsplit(self.address).hostname or self.address

    def metadata(self) -> dict[str, Any]:
        """Give what it says of itself (OpenID Connect Discovery 1.0); raises ProviderAwayError."""
        return self._remembered("metadata", self._discover)

    def start(self, attempt: Attempt, *, back_to: str) -> str:
        """Give the address at which somebody signs in; raises ProviderAwayError."""
        with self._session(redirect_uri=back_to, code_challenge_method="S256") as session:
            url, _state = session.create_authorization_url(
                self.metadata()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    def finish(self, attempt: Attempt, answer: dict[str, str], *, back_to: str) -> Answer:
        """Exchange the code that came back for proof of who somebody is.

        Raises ProviderAwayError, ForgedError.
        """
        self._check_issuer(answer)
        with self._session(redirect_uri=back_to) as session:
            tokens = self._tokens(session, answer["code"], attempt)
            claims = self._verified(tokens, attempt.nonce)
            if "email" not in claims:
                claims |= self._more(session, claims["sub"])
        return Answer(claims, dict(tokens))

    def sign_out_url(self, id_token: str, *, back_to: str) -> str:
        """Give the address that ends the session there, too; `""` when it has none."""
        endpoint = self.metadata().get("end_session_endpoint", "")
        if not endpoint:
            return ""
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            query["id_token_hint"] = id_token
        return requests.Request("GET", endpoint, params=query).prepare().url or ""

    def _check_issuer(self, answer: dict[str, str]) -> None:
        """See that another provider's answer is not taken for this one's (RFC 9207)."""
        known = self.metadata()
        is_promised = known.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if is_promised else known["issuer"]) != known["issuer"]:
            raise ForgedError("the answer is another issuer's")

    def _tokens(self, session: OAuth2Session, code: str, attempt: Attempt) -> dict[str, Any]:
        try:
            found = session.fetch_token(
                self.metadata()["token_endpoint"], code=code, code_verifier=attempt.verifier
            )
        except AuthlibBaseError as error:
            raise ForgedError(f"the provider gave no token: {error.error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderAwayError(type(error).__name__) from error
        if not isinstance(found.get("id_token"), str):
            raise ForgedError("there is no ID token")
        return dict(found)

    def _verified(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Check an ID token as section 3.1.3.7 of OpenID Connect Core says."""
        expected = {
            "iss": {"essential": True, "value": self.metadata()["issuer"]},
            "aud": {"essential": True, "value": self.client_id},
        }
        params = {
            "nonce": nonce,
            "client_id": self.client_id,
            "access_token": tokens.get("access_token"),
        }
        try:
            token = self._decoded(tokens["id_token"])
            claims = CodeIDToken(token.claims, token.header, expected, params)
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
            raise ForgedError(f"the ID token is no good: {error}") from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise ForgedError("the ID token names nobody")
        return dict(claims)

    def _decoded(self, text: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(text, self._keys(), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):  # it has changed its keys, perhaps
            self._known.pop("keys", None)
            return jwt.decode(text, self._keys(), registry=registry)

    def _more(self, session: OAuth2Session, subject: str) -> dict[str, Any]:
        """Ask for what the ID token did not tell (section 5.3)."""
        endpoint = self.metadata().get("userinfo_endpoint")
        if not endpoint:
            return {}
        found = _json(lambda: session.get(endpoint))
        if found.get("sub") != subject:
            raise ForgedError("the user info is somebody else's")
        return {name: found[name] for name in ("email", "email_verified", "name") if name in found}

    def _keys(self) -> KeySet:
        found = self._remembered("keys", lambda: self._get(self.metadata()["jwks_uri"]))
        if not isinstance(found.get("keys"), list):
            raise ProviderAwayError("what should be its keys are none")
        return KeySet.import_key_set({"keys": found["keys"]})

    def _discover(self) -> dict[str, Any]:
        found = self._get(self.address.rstrip("/") + DISCOVERY)
        needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(found.get(name), str) for name in needed):
            raise ProviderAwayError(f"its discovery document lacks one of {', '.join(needed)}")
        if found["issuer"].rstrip("/") != self.address.rstrip("/"):
            raise ProviderAwayError("its discovery document names another issuer")
        return found

    def _remembered(self, name: str, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            at, found = self._known.get(name, (0.0, None))
        if found is None or at < time.monotonic() - KNOWN_SECONDS:
            found = find()
            with self._lock:
                self._known[name] = time.monotonic(), found
        return dict(found)

    def _get(self, url: str) -> dict[str, Any]:
        return _json(lambda: requests.get(url, timeout=TIMEOUT_SECONDS))

    def _session(self, **options: Any) -> OAuth2Session:
        """Make a client that authenticates itself in a way that the provider knows."""
        known = self.metadata().get("token_endpoint_auth_methods_supported")
        ways = known or ["client_secret_basic"]  # which is what leaving it out means
        by_post = "client_secret_basic" not in ways and "client_secret_post" in ways
        return OAuth2Session(
            self.client_id,
            self.client_secret,
            scope=SCOPE,
            default_timeout=TIMEOUT_SECONDS,
            token_endpoint_auth_method=f"client_secret_{'post' if by_post else 'basic'}",
            **options,
        )


def _json(ask: Callable[[], requests.Response]) -> dict[str, Any]:
    try:
        answer = ask()
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderAwayError(type(error).__name__) from error
    if not isinstance(found, dict):
        raise ProviderAwayError("what it answers is no JSON object")
    return found
