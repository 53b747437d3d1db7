"""Access and refresh tokens: short access, refresh with rotation and reuse detection."""

import secrets
from datetime import datetime, timedelta
from typing import NoReturn, TypedDict

from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework_simplejwt.exceptions import TokenError

from accounts import sign_ins
from accounts.audit import Action, By
from accounts.models import SignIn, User
from accounts.sign_ins import Origin
from accounts.signed_tokens import AccessToken, RefreshToken
from newsnotify.lib.fields import digest

# An answer to a refresh leaves so long after the rotation at the earliest. Whoever asks with
# the old token before that cannot have seen the answer yet: two tabs, not a thief.
HELD_SECONDS = 0.2

# What simplejwt says: our catalogue has it, since its own is for ru_RU alone.
gettext_noop("Token is invalid")
gettext_noop("Token is expired")
gettext_noop("Token has wrong type")


class TokenPair(TypedDict):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int  # seconds


def sign_in(user: User, *, minutes: int | None = None, origin: Origin | None = None) -> TokenPair:
    """Begin a sign-in by tokens for `user`, whose first access token lives so long."""
    nonce = secrets.token_urlsafe(16)
    row = sign_ins.begin(user=user, origin=origin or Origin(), current=digest(nonce))
    return _pair(row, nonce, minutes or settings.ACCESS_TOKEN_MINUTES)


def refresh(token: str, *, arrived_at: datetime | None = None, address: str = "") -> TokenPair:
    """Exchange a refresh token for a new pair; it is good once.

    One conditional UPDATE decides between concurrent refreshes. A token that was used before
    ends its whole family, since either the person or a thief holds the stolen copy
    (RFC 9700, section 4.14.2). `arrived_at` is when the request came; who gives it must hold
    the answer back for HELD_SECONDS. Raises TokenError.
    """
    row, nonce = _read(token)
    fresh, moment = secrets.token_urlsafe(16), now()
    if not sign_ins.is_good(row):
        raise TokenError(_("This sign-in has ended; sign in again."))
    won = SignIn.objects.filter(pk=row.pk, current=digest(nonce), ended_at=None).update(
        current=digest(fresh),
        rotated_at=moment,
        last_used_at=moment,
        address=address or row.address,
        password_mark=row.user.get_session_auth_hash(),  # by the newest secret key
    )
    if not won:
        _refuse_reuse(row, nonce, arrived_at, address)
    return _pair(row, fresh, settings.ACCESS_TOKEN_MINUTES)


def _refuse_reuse(row: SignIn, nonce: str, arrived_at: datetime | None, address: str) -> NoReturn:
    """End the family, unless another request with the same token was quicker by a hair."""
    was_good = row.current == digest(nonce)
    if not was_good and not _came_before_the_answer(row, arrived_at):
        rows, by = SignIn.objects.filter(pk=row.pk), By(address=address)
        sign_ins.end(rows, by=by, action=Action.TOKEN_REUSED)
    raise TokenError(_("This refresh token was used before; sign in again."))


def _came_before_the_answer(row: SignIn, arrived_at: datetime | None) -> bool:
    return arrived_at is not None and arrived_at < row.rotated_at + timedelta(seconds=HELD_SECONDS)


def sign_out(token: str, *, address: str = "") -> None:
    """End the sign-in of a refresh token. Raises TokenError."""
    row = _read(token)[0]
    sign_ins.end(SignIn.objects.filter(pk=row.pk), by=By(row.user, address))


def sign_in_of(access_token: str) -> SignIn:
    """Tell which sign-in, and by it whose, an access token belongs to. Raises TokenError.

    A good signature is not enough: the sign-in goes on, the account is open, its password is
    the one of the sign-in.
    """
    claims = AccessToken(access_token)  # type: ignore[arg-type] # typed as a Token, takes text
    row = _row(claims)
    if not sign_ins.is_good(row):
        raise TokenError(_("The sign-in of this token has ended."))
    return row


def _read(token: str) -> tuple[SignIn, str]:
    claims = RefreshToken(token)  # type: ignore[arg-type] # typed as a Token, takes text
    return _row(claims), str(claims.get("nonce", ""))


def _row(claims: AccessToken | RefreshToken) -> SignIn:
    try:
        rows = SignIn.objects.select_related("user")
        return rows.get(pk=claims["sid"], user=claims["sub"], session_key="")
    except (SignIn.DoesNotExist, KeyError, ValueError, TypeError) as error:
        raise TokenError(_("The sign-in of this token is gone.")) from error


def _pair(row: SignIn, nonce: str, minutes: int) -> TokenPair:
    refreshing = RefreshToken.for_user(row.user)
    refreshing["sid"], refreshing["nonce"] = row.pk, nonce
    access = refreshing.access_token
    del access["nonce"]
    access.set_exp(lifetime=timedelta(minutes=minutes))
    return {
        "access_token": str(access),
        "refresh_token": str(refreshing),
        "token_type": "bearer",
        "expires_in": minutes * 60,
    }
