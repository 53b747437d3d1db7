"""Verbs over accounts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import addresses, audit, credentials, hours, mailing, sign_ins
from accounts.audit import Action, By
from accounts.models import OutgoingMail, Role, User


def register(*, email: str, password: str, **fields: Any) -> User:
    """Make an account that may sign in at once, and write to its e-mail address.

    Raises ValidationError by field when the e-mail is known or the password is weak.
    """
    address = email.strip().lower()
    user = User(email=address, **fields)
    credentials.check_strength(password, user, field="password")
    user.set_password(password)
    user.full_clean(validate_unique=False)  # uniqueness is the database's to decide, below
    try:
        with transaction.atomic():
            user.save()
            addresses.changed(user)
            mailing.post(OutgoingMail.Kind.VERIFY, address, user)
    except IntegrityError as error:
        raise ValidationError({"email": [_("There is an account with this e-mail.")]}) from error
    return user


class LastAdminError(ValidationError):
    """There would be nobody left who may administer."""


@transaction.atomic
def check_change(*, user: User, **changes: Any) -> None:
    """Raise LastAdminError when a change would leave nobody who may administer.

    All admins stay locked until the caller's transaction ends, so of two who step down at once
    the second is asked after the first has gone.
    """
    if changes.get("role", user.role) == Role.ADMIN and changes.get("is_active", True):
        return
    admins = User.objects.filter(role=Role.ADMIN, is_active=True)
    # By number: a lock on a condition without an index is one on every row for a moment.
    locked = admins.select_for_update().filter(pk__in=list(admins.values_list("pk", flat=True)))
    if {admin.pk for admin in locked} == {user.pk}:
        raise LastAdminError({"role": [_("This is the last admin; name another one first.")]})


@transaction.atomic
def change_user(*, user: User, by: By, **changes: Any) -> None:
    """Change what an admin may: e-mail, name, timezone, language, role, is_active.

    Only these columns are written. Raises ValidationError by field, LastAdminError.
    """
    check_change(user=user, **changes)
    if changes.get("role", Role.READER) != Role.READER and user.external_id:
        raise ValidationError({"role": [_("A recipient without sign-in stays a reader.")]})
    stored = User.objects.get(pk=user.pk)  # a form has set this one's
    before = stored.role
    if (after := changes.get("role", before)) != before:
        audit.record(Action.ROLE_CHANGED, by, user, before=before, after=str(after))
        changes["is_superuser"] = after == Role.ADMIN
    for name, value in changes.items():
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    user.save(update_fields=changes)
    if "email" in changes:
        addresses.changed(user)
    if changes.get("timezone", stored.timezone) != stored.timezone:
        hours.changed(user)
    if not user.is_active:
        sign_ins.end_all(user, by=by)


@transaction.atomic
def delete_user(*, user: User, by: By) -> None:
    """Delete an account with all that belongs to it; raises LastAdminError."""
    check_change(user=user, is_active=False)
    sign_ins.end_all(user, by=by)
    audit.forget(user)
    by_himself = By(key=by.key)  # nothing of him stays
    audit.record(Action.ACCOUNT_DELETED, by_himself if by.user == user else by, number=user.pk)
    user.delete()


@transaction.atomic
def change_profile(*, user: User, **changes: Any) -> None:
    """Change what a person may himself: name, timezone, language. Only these are written."""
    stored = User.objects.get(pk=user.pk)  # a form has set this one's
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=changes)
    if changes.get("timezone", stored.timezone) != stored.timezone:
        hours.changed(user)
