"""Verbs over second factors: setting them up, removing them, making recovery codes."""

import base64
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts import audit, mailing, sign_ins
from accounts.audit import Action, By
from accounts.models import OutgoingMail, Passkey, RecoveryCode, SignIn, Totp, User
from accounts.second_factor import checking, totp
from newsnotify.lib.encryption import DecryptionError
from newsnotify.lib.fields import digest

APP = "authenticator app"
RECOVERY_CODES = 10


def begin_app(user: User) -> Totp:
    """Give the secret for an app, the same until a code of it is shown.

    Raises ValidationError when an app is set up already.
    """
    try:
        row = Totp.objects.get_or_create(user=user, defaults={"secret": totp.new_secret()})[0]
    except DecryptionError:
        Totp.objects.filter(user=user, confirmed_at=None).update(secret=totp.new_secret())
        row = Totp.objects.get(user=user)
    if row.confirmed_at:
        raise ValidationError(_("An authenticator app is set up already; remove it first."))
    return row


@transaction.atomic
def confirm_app(*, user: User, otp: str, by: By, kept: SignIn | None) -> list[str]:
    """Set up the app that shows this code. Returns recovery codes when it is the first factor.

    Raises ValidationError by field.
    """
    is_first = not checking.is_set(user)
    row, moment = begin_app(user), now()
    step = totp.step_of(row.secret, "".join(otp.split()), moment) if otp.isascii() else None
    waiting = Totp.objects.filter(pk=row.pk, confirmed_at=None)
    if step is None or not waiting.update(confirmed_at=moment, used_step=step):
        raise ValidationError({"otp": [_("This is not the code that the app shows now.")]})
    return added(user, APP, is_first=is_first, by=by, kept=kept)


@transaction.atomic
def remove_app(*, user: User, by: By) -> None:
    """Remove the app; nothing happens when there is none."""
    if Totp.objects.filter(user=user).exclude(confirmed_at=None).delete()[0]:
        _removed(user, APP, by)


@transaction.atomic
def remove_passkey(row: Passkey, *, by: By) -> None:
    user = row.user
    if Passkey.objects.filter(pk=row.pk).delete()[0]:
        _removed(user, f"passkey {row.name}", by)


@transaction.atomic
def make_recovery_codes(user: User, *, by: By) -> list[str]:
    """Make new recovery codes, which are shown once; the former ones are over."""
    codes = [_recovery_code() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, secret=digest(code.replace("-", ""))) for code in codes
    )
    audit.record(Action.RECOVERY_CODES_MADE, by, user)
    return codes


@transaction.atomic
def reset(user: User, *, by: By) -> bool:
    """Take every second factor from an account. Returns whether there was one."""
    was_set = checking.is_set(user)
    _forget(user)
    if was_set:
        audit.record(Action.SECOND_FACTOR_RESET, by, user)
        _write_to(user)
    return was_set


def added(user: User, name: str, *, is_first: bool, by: By, kept: SignIn | None) -> list[str]:
    """Do what follows from a new factor; for the caller's transaction.

    With the first one all other sign-ins end, which were begun with a password alone.
    """
    audit.record(Action.SECOND_FACTOR_ADDED, by, user, factor=name)
    _write_to(user)
    if not is_first:
        return []
    sign_ins.end_all(user, by=by, but=kept.pk if kept else None)
    return make_recovery_codes(user, by=by)


def _removed(user: User, name: str, by: By) -> None:
    audit.record(Action.SECOND_FACTOR_REMOVED, by, user, factor=name)
    if not checking.is_set(user):
        _forget(user)
    _write_to(user)


def _forget(user: User) -> None:
    for model in (Totp, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()


def _write_to(user: User) -> None:
    if user.email and user.is_email_verified:
        mailing.post(OutgoingMail.Kind.SECOND_FACTOR, user.email, user)


def _recovery_code() -> str:
    """Make a code of 80 bits, so that a plain digest of it can be stored."""
    text = base64.b32encode(secrets.token_bytes(10)).decode("ascii")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
