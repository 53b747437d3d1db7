"""Sign-ins, on the pages and by tokens: where from, how long, and their end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.timezone import now

from accounts import audit
from accounts.audit import Action, By
from accounts.devices import device
from accounts.models import SignIn, User
from newsnotify.lib import doorbell
from newsnotify.lib.client_address import client_address

USE_NOTED_EVERY = timedelta(minutes=5)  # a write per request would be most of its cost
KEEP = timedelta(days=60)  # longer than any sign-in goes on without being used


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody signs in."""

    device: str = ""
    address: str = ""


def origin_of(request: HttpRequest) -> Origin:
    return Origin(device(request.headers.get("User-Agent", "")), client_address(request))


def begin(
    *, user: User, origin: Origin, session_key: str = "", current: bytes | None = None
) -> SignIn:
    """Begin a sign-in: of a page's session by its key, or of tokens by their digest."""
    row = SignIn.objects.create(
        user=user,
        password_mark=user.get_session_auth_hash(),
        session_key=session_key,
        current=current,
        device=origin.device,
        address=origin.address,
    )
    by = By(user, origin.address)
    audit.record(Action.SIGNED_IN, by, user, device=origin.device, sign_in=row.pk)
    return row


def marks_of(user: User) -> set[str]:
    """List the marks that the user's password makes, by the secret key and by former ones."""
    return {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}


def is_good(row: SignIn) -> bool:
    """Tell whether a sign-in goes on: not ended, its account open, its password unchanged."""
    is_on = row.ended_at is None and row.user.is_active
    return is_on and row.password_mark in marks_of(row.user)


def going_on(user: User, now: datetime) -> QuerySet[SignIn]:
    """List the sign-ins of a user that still serve."""
    rows = SignIn.objects.filter(user=user, ended_at=None, password_mark__in=marks_of(user))
    oldest = now - settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    return rows.filter(Q(session_key="", rotated_at__gt=oldest) | _of_living_session(now))


def _of_living_session(now: datetime) -> Exists:
    return Exists(Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now))


def going_on_among(pks: Collection[int]) -> set[int]:
    """Tell which of these sign-ins go on; at most some hundreds."""
    rows = SignIn.objects.filter(pk__in=pks, ended_at=None).select_related("user")
    rows = rows.filter(Q(session_key="") | _of_living_session(now()))
    return {row.pk for row in rows if is_good(row)}


def note_use(row: SignIn, address: str, now: datetime) -> None:
    """Remember when and from where a sign-in was used, to some minutes."""
    if row.last_used_at < now - USE_NOTED_EVERY:
        stale = SignIn.objects.filter(pk=row.pk, last_used_at__lt=now - USE_NOTED_EVERY)
        stale.update(last_used_at=now, address=address)


@transaction.atomic
def end(rows: QuerySet[SignIn], *, by: By, action: Action = Action.SIGN_IN_ENDED) -> int:
    """End those that go on, their sessions and sockets too. Returns how many."""
    ending = list(rows.filter(ended_at=None).select_related("user"))
    SignIn.objects.filter(pk__in=[row.pk for row in ending]).update(ended_at=now())
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in ending:
        if row.session_key:
            store(row.session_key).delete()
        audit.record(action, by, row.user, device=row.device, sign_in=row.pk)
    for user_id in {row.user_id for row in ending}:
        doorbell.ring_sign_ins(user_id)
    return len(ending)


def end_all(user: User, *, by: By, but: int | None = None) -> int:
    """End all sign-ins of a user, except perhaps one. Returns how many.

    The one that is left goes on with the password that the user has now.
    """
    rows = SignIn.objects.filter(user=user)
    if but:
        rows.filter(pk=but).update(password_mark=user.get_session_auth_hash())
    return end(rows.exclude(pk=but) if but else rows, by=by)


def prune(now: datetime) -> int:
    """Forget sign-ins that have been over for long. Returns how many."""
    return SignIn.objects.filter(last_used_at__lt=now - KEEP).delete()[0]
