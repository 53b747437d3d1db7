"""Whether a second factor is asked for, and whether what is shown is one: each code once."""

import logging
from datetime import datetime

from django.http import HttpRequest
from django.utils.timezone import now

from accounts import audit, limits
from accounts.audit import Action, By
from accounts.models import Passkey, RecoveryCode, Totp, User
from accounts.second_factor import totp
from accounts.second_factor.required import SecondFactorRequired
from newsnotify.lib.client_address import client_address
from newsnotify.lib.encryption import DecryptionError
from newsnotify.lib.fields import digest

log = logging.getLogger(__name__)


def is_set(user: User) -> bool:
    """Tell whether signing in asks this user for more than a password."""
    has_app = Totp.objects.filter(user=user).exclude(confirmed_at=None).exists()
    return has_app or Passkey.objects.filter(user=user).exists()


def check(user: User, otp: str, request: HttpRequest | None) -> None:
    """Pass who has no second factor, or shows it; each code is good once.

    Raises SecondFactorRequired, TooMany.
    """
    if not is_set(user):
        return
    if not otp.strip():
        raise SecondFactorRequired(user)
    if not is_good(user, otp, request):
        raise SecondFactorRequired(user, is_wrong=True)


def is_good(user: User, otp: str, request: HttpRequest | None) -> bool:
    """Use up a code of the user's app, or a recovery code of his; raises TooMany."""
    limits.second_factor(request, user)
    text = "".join(otp.split()).replace("-", "").upper()
    by = By(user, client_address(request) if request else "")
    found = use_code(user, text, now()) or _use_recovery_code(user, text, by)
    if not found:
        audit.record(Action.SECOND_FACTOR_REFUSED, by, user)
    return found


def use_code(user: User, text: str, moment: datetime) -> bool:
    """Use up a code of the user's app.

    One conditional UPDATE decides between two who come with the same code.
    """
    rows = Totp.objects.filter(user=user).exclude(confirmed_at=None)
    try:
        row = rows.first()
    except DecryptionError:
        # Other factors still open the account, and the operator can reset this one.
        log.exception("an authenticator app's secret cannot be read", extra={"user": user.pk})
        return False
    step = totp.step_of(row.secret, text, moment) if row and text.isascii() else None
    return step is not None and bool(rows.filter(used_step__lt=step).update(used_step=step))


def _use_recovery_code(user: User, text: str, by: By) -> bool:
    unused = RecoveryCode.objects.filter(user=user, secret=digest(text), used_at=None)
    if not unused.update(used_at=now()):
        return False
    left = RecoveryCode.objects.filter(user=user, used_at=None).count()
    audit.record(Action.RECOVERY_CODE_USED, by, user, left=left)
    return True
