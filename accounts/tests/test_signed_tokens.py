"""Tokens that are none of ours, in all the ways a stranger may make one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import LazySettings, settings
from django.utils.timezone import now

from accounts import sign_ins, tokens
from accounts.audit import OPERATOR
from accounts.models import User
from accounts.tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
Claims = dict[str, Any]

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PUBLIC = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def claims_of(user: User) -> Claims:
    token = tokens.sign_in(user)["access_token"]
    claims: Claims = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(claims: Claims, **options: Any) -> str:
    return jwt.encode(claims, **{"key": settings.SECRET_KEY, "algorithm": "HS256", **options})


def unsigned(claims: Claims) -> str:
    return signed(claims, key=None, algorithm="none")


def confused(claims: Claims) -> str:
    """Sign by HMAC with a public key, which a verifier of RS256 would have at hand."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    head = b".".join(base64.urlsafe_b64encode(json.dumps(x).encode()).rstrip(b"=") for x in parts)
    mark = hmac.new(RSA_PUBLIC, head, hashlib.sha256).digest()
    return (head + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


def status_of(token: str) -> int:
    answer = client_of().get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "detail" in answer.json()
    return answer.status_code


def test_token_has_all_claims_and_opens_the_door(ann: User) -> None:
    claims = claims_of(ann)
    assert claims["sub"] == str(ann.pk)
    assert {"jti", "sid", "iss", "aud", "exp", "iat"} <= set(claims)
    assert status_of(signed(claims)) == 200


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        confused,
        lambda claims: signed(claims, key=RSA_KEY, algorithm="RS256"),
        lambda claims: signed(claims, key=settings.SECRET_KEY * 2, algorithm="HS512"),
        lambda claims: signed(claims, key="another key, as long as it has to be for HS256"),
        lambda claims: signed({**claims, "aud": "elsewhere"}),
        lambda claims: signed({**claims, "aud": None}),
        lambda claims: signed({**claims, "iss": "elsewhere"}),
        lambda claims: signed({**claims, "exp": now() - timedelta(seconds=1)}),
        lambda claims: signed({k: v for k, v in claims.items() if k != "exp"}),
        lambda claims: signed({k: v for k, v in claims.items() if k != "jti"}),
        lambda claims: signed({k: v for k, v in claims.items() if k != "sid"}),
        lambda claims: signed({**claims, "sid": claims["sid"] + 1}),
        lambda claims: signed({**claims, "sid": "x"}),
        lambda claims: signed({**claims, "sub": str(int(claims["sub"]) + 1)}),
        lambda claims: signed({**claims, "token_type": "refresh"}),
        lambda claims: signed(claims)[:-4] + "AAAA",
        lambda claims: signed(claims) + ".x",
    ],
)
def test_token_answers_401_when_it_was_forged(ann: User, forge: Callable[[Claims], str]) -> None:
    assert status_of(forge(claims_of(ann))) == 401


def test_token_answers_401_at_once_when_its_sign_in_was_ended(ann: User) -> None:
    token = tokens.sign_in(ann)["access_token"]
    assert status_of(token) == 200
    sign_ins.end_all(ann, by=OPERATOR)
    assert status_of(token) == 401


def test_token_answers_401_at_once_when_the_account_is_closed(ann: User) -> None:
    token = tokens.sign_in(ann)["access_token"]
    User.objects.update(is_active=False)
    assert status_of(token) == 401


def test_token_answers_401_at_once_when_the_password_was_changed(ann: User) -> None:
    token = tokens.sign_in(ann)["access_token"]
    ann.set_password("other words of mine")
    ann.save()
    assert status_of(token) == 401


def test_tokens_stay_good_while_their_key_is_a_former_one(
    ann: User, settings: LazySettings
) -> None:
    old, pair = settings.SECRET_KEY, tokens.sign_in(ann)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 40, ["o" * 40, old]
    assert status_of(pair["access_token"]) == 200
    fresh = tokens.refresh(pair["refresh_token"])
    settings.SECRET_KEY_FALLBACKS = []
    assert status_of(pair["access_token"]) == 401
    assert status_of(fresh["access_token"]) == 200
    assert tokens.refresh(fresh["refresh_token"])
