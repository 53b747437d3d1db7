"""Access and refresh tokens: short access, refresh with rotation and reuse detection."""

import secrets
from datetime import timedelta
from typing import NoReturn, TypedDict

from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import TokenFamily, User
from newsnotify.lib.fields import digest


class TokenPair(TypedDict):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int  # seconds


def sign_in(user: User, *, minutes: int | None = None) -> TokenPair:
    """Begin a token family for `user`, whose first access token lives so long."""
    nonce = secrets.token_urlsafe(16)
    family = TokenFamily.objects.create(user=user, current=digest(nonce))
    return _pair(family, nonce, minutes or settings.ACCESS_TOKEN_MINUTES)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for a new pair; it is good once.

    One conditional UPDATE decides between concurrent refreshes. A token that was used before
    ends its whole family, since either the person or a thief holds the stolen copy
    (RFC 9700, section 4.14.2). Raises TokenError.
    """
    family, nonce = _read(token)
    fresh = secrets.token_urlsafe(16)
    if not family.user.is_active:
        raise TokenError("The account of this token is gone.")
    won = TokenFamily.objects.filter(pk=family.pk, current=digest(nonce), ended_at=None).update(
        current=digest(fresh), last_used_at=timezone.now()
    )
    if not won:
        _refuse_reuse(family, nonce)
    return _pair(family, fresh, settings.ACCESS_TOKEN_MINUTES)


def _refuse_reuse(family: TokenFamily, nonce: str) -> NoReturn:
    """End the family, unless its token was still good when we looked.

    Then another request with the same token was quicker by a hair: two tabs, not a thief.
    """
    if family.current != digest(nonce):
        end(family)
    raise TokenError("This refresh token was used before; sign in again.")


def sign_out(token: str) -> None:
    """End the family of a refresh token. Raises TokenError."""
    end(_read(token)[0])


def end(family: TokenFamily) -> None:
    """End a sign-in; again is fine."""
    TokenFamily.objects.filter(pk=family.pk, ended_at=None).update(ended_at=timezone.now())


def user_of(access_token: str) -> User:
    """Tell whose access token this is. Raises TokenError."""
    claims = AccessToken(access_token)  # type: ignore[arg-type] # typed as a Token, takes text
    user = User.objects.filter(pk=claims["sub"], is_active=True).first()
    if user is None:
        raise TokenError("The account of this token is gone.")
    return user


def _read(token: str) -> tuple[TokenFamily, str]:
    claims = RefreshToken(token)  # type: ignore[arg-type] # typed as a Token, takes text
    try:
        family = TokenFamily.objects.select_related("user").get(pk=claims["sid"])
    except (TokenFamily.DoesNotExist, KeyError) as error:
        raise TokenError("The sign-in of this token is gone.") from error
    return family, str(claims.get("nonce", ""))


def _pair(family: TokenFamily, nonce: str, minutes: int) -> TokenPair:
    refreshing = RefreshToken.for_user(family.user)
    refreshing["sid"], refreshing["nonce"] = family.pk, nonce
    access = refreshing.access_token
    del access["nonce"]
    access.set_exp(lifetime=timedelta(minutes=minutes))
    return {
        "access_token": str(access),
        "refresh_token": str(refreshing),
        "token_type": "bearer",
        "expires_in": minutes * 60,
    }
