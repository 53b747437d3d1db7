"""Verbs over what an account is entered by: its password and its e-mail address."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts import addresses, audit, links, mailing, sign_ins
from accounts.audit import Action, By
from accounts.models import OutgoingMail, SignIn, User

Kind = OutgoingMail.Kind


def check_strength(password: str, user: User, *, field: str) -> None:
    """Raise ValidationError on `field` when a password is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


def ask_reset(*, email: str) -> None:
    """Have a link for a new password sent, if there is an account.

    Nobody looks for one here, so that neither the answer nor its time tells of it.
    """
    mailing.post(Kind.RESET_PASSWORD, email.strip().lower())


def may_reset(*, token: str) -> bool:
    """Tell whether a link for a new password is still good."""
    try:
        links.user_of(token, Kind.RESET_PASSWORD)
    except links.LinkError:
        return False
    return True


def reset_password(*, token: str, password: str, by: By) -> User:
    """Set a new password by the link in a letter, once, and end every sign-in.

    The link came by e-mail, so the address is verified, too. Raises ValidationError by field.
    """
    user = _user_of(token, Kind.RESET_PASSWORD)
    check_strength(password, user, field="password")
    user.email_verified_at = user.email_verified_at or now()
    with transaction.atomic():
        if not _replace_password(user, password, by, email_verified_at=user.email_verified_at):
            raise _over()
        addresses.changed(user)
    return user


def change_password(
    *, user: User, current: str, password: str, by: By, kept: SignIn | None = None
) -> None:
    """Change a password whose owner knows it, and end every sign-in but the one that is kept.

    Whoever calls from a page keeps its session by Django's `update_session_auth_hash`.
    Raises ValidationError by field.
    """
    check_current(user, current)
    check_strength(password, user, field="new_password")
    if not _replace_password(user, password, by, kept):
        raise ValidationError({"current_password": [_("Your password was changed meanwhile.")]})


def check_current(user: User, password: str) -> None:
    """Raise ValidationError unless this is the user's password; who has none needs none."""
    if user.has_usable_password() and not user.check_password(password):
        raise ValidationError({"current_password": [_("This is not your password.")]})


def ask_verification(*, user: User) -> None:
    """Send the link that verifies the account's address once more, if it still has to be."""
    if user.email and not user.is_email_verified:
        mailing.post(Kind.VERIFY, user.email, user)


def ask_email_change(*, user: User, current: str, email: str) -> None:
    """Send a link to a new address, which takes the old one's place when it is opened.

    Raises ValidationError by field.
    """
    check_current(user, current)
    address = email.strip().lower()
    validate_email(address)
    if User.objects.filter(email=address).exists():
        raise _known_email()
    user.new_email = address
    with transaction.atomic():
        user.save(update_fields=["new_email"])
        mailing.post(Kind.CHANGE_EMAIL, address, user)


def forget_email_change(*, user: User) -> None:
    """Keep the address: links that were sent to a new one are over."""
    user.new_email = ""
    user.save(update_fields=["new_email"])


def check_link(*, token: str) -> None:
    """Raise ValidationError unless `verify` would take this link."""
    try:
        links.user_of(token, Kind.VERIFY)
    except links.LinkError:
        _user_of(token, Kind.CHANGE_EMAIL)


def verify(*, token: str, by: By) -> User:
    """Verify an address, or change to a new one, by the link sent there; again is fine.

    Raises ValidationError.
    """
    try:
        user = links.user_of(token, Kind.VERIFY)
    except links.LinkError:
        return _change_email(_user_of(token, Kind.CHANGE_EMAIL), by)
    with transaction.atomic():
        User.objects.filter(pk=user.pk, email_verified_at=None).update(email_verified_at=now())
        user.refresh_from_db()
        addresses.changed(user)
    return user


def _change_email(user: User, by: By) -> User:
    old, new = user.email, user.new_email
    waiting = User.objects.filter(pk=user.pk, email=old, new_email=new)
    try:
        with transaction.atomic():
            if not waiting.update(email=new, new_email="", email_verified_at=now()):
                raise _over()
            if old:
                mailing.post(Kind.EMAIL_CHANGED, old, user)
            audit.record(Action.EMAIL_CHANGED, by, user)
            user.refresh_from_db()
            addresses.changed(user)
    except IntegrityError as error:
        raise _known_email() from error
    return user


@transaction.atomic
def _replace_password(
    user: User, password: str, by: By, kept: SignIn | None = None, **changes: object
) -> bool:
    """Set a password in place of the one that was looked at, which decides between two at once."""
    former, user.password = user.password, make_password(password)
    rows = User.objects.filter(pk=user.pk, password=former)
    if not rows.update(password=user.password, **changes):
        return False
    sign_ins.end_all(user, by=by, but=kept.pk if kept else None)
    audit.record(Action.PASSWORD_CHANGED, by, user)
    if user.email:
        mailing.post(Kind.PASSWORD_CHANGED, user.email, user)
    return True


def _user_of(token: str, kind: Kind) -> User:
    try:
        return links.user_of(token, kind)
    except links.LinkError as error:
        raise _over() from error


def _over() -> ValidationError:
    return ValidationError(
        {"token": [_("This link is over, or was used before. Ask for another.")]}
    )


def _known_email() -> ValidationError:
    return ValidationError({"email": [_("There is an account with this e-mail.")]})
