"""Verbs over accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User


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
