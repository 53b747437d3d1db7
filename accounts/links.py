"""Links in letters: what each one proves is signed into it, and nothing is stored.

A link is bound to the state it was made in, so using it, or changing what it is about, ends it.
"""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import OutgoingMail, User
from newsnotify.lib.fields import digest

Kind = OutgoingMail.Kind

LIVES = {
    Kind.VERIFY: timedelta(days=7),
    Kind.CHANGE_EMAIL: timedelta(days=1),
    Kind.RESET_PASSWORD: timedelta(hours=1),
}
_PAGES = {Kind.VERIFY: "verify", Kind.CHANGE_EMAIL: "verify", Kind.RESET_PASSWORD: "reset_password"}


class LinkError(ValueError):
    """This link is none of ours, was used before, or is over."""


def url(kind: Kind, user: User) -> str:
    """Make a link as it stands in a letter, its token in the query, which no log of ours keeps."""
    query = urlencode({"token": token(kind, user)})
    return f"{settings.PUBLIC_URL}{reverse(_PAGES[kind])}?{query}"


def token(kind: Kind, user: User) -> str:
    return signing.dumps([user.pk, _state(kind, user)], salt=_salt(kind))


def user_of(text: str, kind: Kind) -> User:
    """Tell whose link this is; raises LinkError."""
    try:
        pk, state = signing.loads(text, salt=_salt(kind), max_age=LIVES[kind])
    except signing.BadSignature as error:
        raise LinkError from error
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or state != _state(kind, user):
        raise LinkError
    return user


def _salt(kind: Kind) -> str:
    return f"accounts.links.{kind}"


def _state(kind: Kind, user: User) -> str:
    """Sum up what a link depends on; a hash of the password's hash gives nothing of it away."""
    parts: list[object] = [user.email]
    if kind == Kind.CHANGE_EMAIL:
        parts.append(user.new_email)
    if kind == Kind.RESET_PASSWORD:
        parts += [user.password, user.last_login]
    return digest("\n".join(map(str, parts))).hex()[:32]
