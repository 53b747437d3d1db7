"""Whose account somebody is that a provider vouches for."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts import addresses, audit
from accounts.audit import Action, By
from accounts.models import Identity, User
from accounts.oidc.refusals import ClosedError, UnverifiedHereError, UnverifiedThereError
from newsnotify.lib.fields import digest

LONGEST = 254  # that an e-mail address may be (RFC 5321, section 4.5.3.1.3)


def user_of(issuer: str, claims: dict[str, Any], *, address: str) -> User:
    """Give the account of an identity: the one linked to it, one by verified e-mail, a new one.

    Raises UnverifiedThereError, UnverifiedHereError, ClosedError.
    """
    try:
        user = _linked(issuer, claims["sub"]) or _link(issuer, claims, address)
    except IntegrityError:  # another request made it meanwhile
        user = _linked(issuer, claims["sub"]) or _link(issuer, claims, address)
    if not user.is_active:
        raise ClosedError
    return user


def _linked(issuer: str, subject: str) -> User | None:
    rows = Identity.objects.select_related("user").filter(key=_key(issuer, subject))
    row = rows.first()
    if row is None:
        return None
    rows.update(last_used_at=now())
    return row.user


@transaction.atomic
def _link(issuer: str, claims: dict[str, Any], address: str) -> User:
    email = _verified_email(claims)
    user = User.objects.filter(email=email).first() or _make(email, claims)
    if not user.is_email_verified:
        raise UnverifiedHereError
    subject = claims["sub"]
    named = {"issuer": issuer, "subject": subject, "key": _key(issuer, subject)}
    Identity.objects.create(user=user, **named, last_used_at=now())
    audit.record(Action.IDENTITY_LINKED, By(user, address), user, issuer=issuer)
    return user


def _verified_email(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or "").strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(LONGEST)(email)
    except ValidationError as error:
        raise UnverifiedThereError from error
    is_verified = claims.get("email_verified")
    if is_verified is not True and is_verified != "true":  # which is Cognito's way to write it
        raise UnverifiedThereError
    return email


def _make(email: str, claims: dict[str, Any]) -> User:
    zone, language = str(claims.get("zoneinfo")), str(claims.get("locale"))[:2].lower()
    user = User(
        email=email,
        email_verified_at=now(),
        name=str(claims.get("name") or "")[:150],
        timezone=zone if zone in available_timezones() else "UTC",
        language=language if language in dict(settings.LANGUAGES) else "en",
    )
    user.set_unusable_password()
    user.save()
    addresses.changed(user)
    return user


def _key(issuer: str, subject: str) -> bytes:
    return digest(f"{issuer}\n{subject}")
