"""Verbs over accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User


def register(*, email: str, password: str, **fields: Any) -> User:
    """Make an account that may sign in at once.

    Raises ValidationError by field when the e-mail is known or the password is weak.
    """
    user = User(email=email.strip().lower(), **fields)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)
    user.full_clean(validate_unique=False)  # uniqueness is the database's to decide, below
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise ValidationError({"email": [_("There is an account with this e-mail.")]}) from error
    return user


def check_change(*, user: User, **changes: Any) -> None:
    """Raise ValidationError when a change would leave nobody who may administer."""
    stays = changes.get("role", user.role) == Role.ADMIN and changes.get("is_active", True)
    admins = User.objects.filter(role=Role.ADMIN, is_active=True)
    if not stays and admins.contains(user) and not admins.exclude(pk=user.pk).exists():
        raise ValidationError({"role": [_("This is the last admin; name another one first.")]})


def change_user(*, user: User, **changes: Any) -> None:
    """Change what an admin may: e-mail, name, timezone, language, role, is_active.

    Only these columns are written. Raises ValidationError by field.
    """
    check_change(user=user, **changes)
    if "role" in changes:
        changes["is_superuser"] = changes["role"] == Role.ADMIN
    for name, value in changes.items():
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    user.save(update_fields=changes)
