"""Who a producer means: an id, an external id, or an e-mail address.

A recipient is a user without sign-in whom a producer named by an id of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import change_profile
from newsnotify.lib.fields import digest
from notifications.models import Channel
from subscriptions.models import Preferences

EXTERNAL = "ext:"
LONGEST = 255


class UnknownUserError(ValidationError):
    """A name that is nobody's."""


def find_user(name: str) -> User | None:
    """Find who is meant: `42` is an id, `ext:42` and `user123` are external ids."""
    if "@" in name and not name.startswith(EXTERNAL):
        return _by_mail(name.strip().lower()) or _external(name)
    if name.isascii() and name.isdigit():
        return User.objects.filter(pk=int(name), is_active=True).first() if len(name) < 19 else None
    return _external(name)


def find_users(names: list[str], *, may_make: bool) -> list[User]:
    """Find everybody who is named, once each; raises UnknownUserError.

    With `may_make` a new external id makes a recipient.
    """
    users = {name: find_user(name) for name in dict.fromkeys(names)}
    unknown = [name for name, user in users.items() if user is None]
    if may_make:
        users |= {name: make_recipient(name) for name in unknown if is_external(name)}
        unknown = [name for name in unknown if not is_external(name)]
    if unknown:
        why = _("'%(name)s' names nobody here.")
        raise UnknownUserError(why % {"name": unknown[0][:100]})
    return list({user.pk: user for user in users.values() if user}.values())


def is_external(name: str) -> bool:
    """Tell whether a name can only be an external id: no number, no e-mail address."""
    if name.startswith(EXTERNAL):
        return len(name) > len(EXTERNAL)
    return bool(name.strip()) and "@" not in name and not (name.isascii() and name.isdigit())


def make_recipient(name: str) -> User:
    """Make a recipient; somebody else may be quicker with the same one."""
    external_id = name.removeprefix(EXTERNAL)
    if len(external_id) > LONGEST or "\0" in external_id:
        why = _("An external id has at most %(most)s characters, none of them NUL.")
        raise ValidationError(why % {"most": LONGEST})
    user = User(external_id=external_id, external_key=digest(external_id))
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            Preferences.objects.create(user=user, is_subscribed=False)
    except IntegrityError:
        return User.objects.get(external_key=digest(external_id))
    return user


def has_sign_in(user: User) -> bool:
    return not user.external_id


@transaction.atomic
def put_recipient(
    *, name: str, addresses: Mapping[str, str], fields: Mapping[str, Any], now: datetime
) -> tuple[User, bool]:
    """Make or update a recipient. Returns the user and whether it is new.

    Each address replaces the one of its kind and counts as verified on the producer's word; an
    empty one takes it away.
    """
    known = _external(name)
    user = known or make_recipient(name)
    change_profile(user=user, **fields)
    for kind, address in addresses.items():
        Channel.objects.filter(user=user, kind=kind).exclude(address=address).delete()
        if address:
            Channel.objects.update_or_create(
                user=user,
                kind=kind,
                address=address,
                defaults={"verified_at": now, "provider": kind},
            )
    return user, known is None


def _by_mail(address: str) -> User | None:
    """Find an account by its e-mail, else the one recipient with this verified address."""
    account = User.objects.filter(email=address, is_active=True).first()
    if account:
        return account
    verified = Channel.objects.filter(kind=Channel.Kind.EMAIL, verified_at__isnull=False)
    rows = verified.filter(address=address, user__is_active=True).select_related("user")[:2]
    return rows[0].user if len(rows) == 1 else None


def _external(name: str) -> User | None:
    key = digest(name.removeprefix(EXTERNAL))
    return User.objects.filter(external_key=key, is_active=True).first()
