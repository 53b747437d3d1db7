"""API keys: `nn_<id>_<secret>`, kept as a hash and shown once."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import OPERATOR, Action, By
from accounts.models import ApiKey
from newsnotify.lib.fields import digest

_KEY = re.compile(r"nn_(\d{1,18})_([\w-]{43})", re.ASCII)
USE_NOTED_EVERY = timedelta(minutes=1)  # a write per request would be most of its cost


class KeyRefusedError(ValueError):
    """This is no key of ours, or it is over."""


def issue(
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    by: By = OPERATOR,
) -> tuple[ApiKey, str]:
    """Make a key. Returns its row, and the text that nobody is shown again."""
    secret = secrets.token_urlsafe(32)  # 256 bits: a fast hash is enough, nobody guesses it
    row = ApiKey.objects.create(
        name=name,
        scopes=sorted(set(scopes)),
        secret=digest(secret),
        created_by=by.user,
        expires_at=expires_at,
    )
    audit.record(Action.KEY_MADE, by, name=name, scopes=row.scopes, number=row.pk)
    return row, f"nn_{row.pk}_{secret}"


def delete(row: ApiKey, *, by: By) -> None:
    """End a key."""
    audit.record(Action.KEY_DELETED, by, name=row.name, scopes=row.scopes, number=row.pk)
    row.delete()


def key_of(text: str, now: datetime) -> ApiKey:
    """Tell which key this is, and note its use; raises KeyRefusedError."""
    match = _KEY.fullmatch(text)
    row = ApiKey.objects.filter(pk=match[1]).first() if match else None
    if match is None or row is None or not secrets.compare_digest(row.secret, digest(match[2])):
        raise KeyRefusedError(_("This API key is not known here."))
    if row.expires_at and row.expires_at <= now:
        at = f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
        raise KeyRefusedError(_("This API key expired at %(at)s.") % {"at": at})
    _note_use(row, now)
    return row


def _note_use(row: ApiKey, now: datetime) -> None:
    if row.last_used_at is None or row.last_used_at < now - USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=row.pk).update(last_used_at=now)
