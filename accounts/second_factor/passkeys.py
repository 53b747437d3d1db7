"""Passkeys (WebAuthn): asking the browser for one, and believing its answer."""

import contextlib
import hashlib
import json
import struct
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _
from fido2.cose import CoseKey, UnsupportedKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.audit import By
from accounts.models import Passkey, SignIn, User
from accounts.second_factor import checking, services
from newsnotify.lib.fields import digest

State = dict[str, Any]  # what is remembered between asking and the answer
MOST = 20  # of one person: all of them are named whenever he is asked for one

# What a browser's answer that is none can end in; the library checks as it goes along.
_NONSENSE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError,
    OverflowError, NotImplementedError, struct.error, InvalidSignature, UnsupportedAlgorithm,
)  # fmt: skip


def are_possible() -> bool:
    """Tell whether browsers have passkeys for this site: by https, and not for an IP address."""
    place = urlsplit(settings.PUBLIC_URL)
    try:
        ip_address(place.hostname or "")
    except ValueError:
        return place.scheme == "https" or place.hostname == "localhost"
    return False


def ask_for_new(user: User) -> tuple[str, State]:
    """Give what `navigator.credentials.create` is called with, as JSON, and what to remember."""
    him = PublicKeyCredentialUserEntity(
        id=digest(f"passkeys of {user.pk}"), name=str(user), display_name=user.get_short_name()
    )
    options, state = _server().register_begin(
        him,
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _as_json(options), state


def add(
    *, user: User, name: str, answer: str, state: State, by: By, kept: SignIn | None
) -> list[str]:
    """Store the passkey that a browser made. Returns recovery codes when it is the first factor.

    Raises ValidationError.
    """
    try:
        data = _server().register_complete(state, json.loads(answer))
        credential = data.credential_data
        if credential is None:
            raise ValueError("there is no key")
        _check_key(credential.public_key)
    except _NONSENSE as error:
        raise _refused() from error
    if Passkey.objects.filter(user=user).count() >= MOST:
        raise ValidationError(_("These are enough; remove one first."))
    row = Passkey(user=user, name=name, key=_key(credential.credential_id))
    row.credential, row.sign_count = bytes(credential), data.counter
    return _store(row, by, kept)


def _check_key(key: CoseKey) -> None:
    """See that a signature can be checked by a key; it is stored only then."""
    if isinstance(key, UnsupportedKey):
        raise ValueError("a key of a kind that we do not know")
    with contextlib.suppress(InvalidSignature):  # what is no point of its curve raises another
        key.verify(b"", b"")


def _store(row: Passkey, by: By, kept: SignIn | None) -> list[str]:
    is_first = not checking.is_set(row.user)
    try:
        with transaction.atomic():
            row.save()
            name = f"passkey {row.name}"
            return services.added(row.user, name, is_first=is_first, by=by, kept=kept)
    except IntegrityError as error:
        raise ValidationError(_("This passkey is known already.")) from error


def ask(user: User) -> tuple[str, State]:
    """Give what `navigator.credentials.get` is called with, as JSON, and what to remember."""
    options, state = _server().authenticate_begin(
        _credentials(user), user_verification=UserVerificationRequirement.PREFERRED
    )
    return _as_json(options), state


def is_good(user: User, answer: str, state: State) -> bool:
    """Tell whether a browser showed a passkey of this user, and note that."""
    try:
        shown = AuthenticationResponse.from_dict(json.loads(answer))
        if shown is None:
            return False
        used = _server().authenticate_complete(state, _credentials(user), shown)
        counter = shown.response.authenticator_data.counter
    except _NONSENSE:
        return False
    return _note_use(_key(used.credential_id), counter)


def _note_use(key: bytes, counter: int) -> bool:
    """Store the counter; one that did not rise is a copy's (WebAuthn, 6.1.1). Many stay at 0."""
    rows = Passkey.objects.filter(key=key)
    risen = rows.filter(sign_count__lt=counter) if counter else rows.filter(sign_count=0)
    return bool(risen.update(sign_count=counter, last_used_at=now()))


def _server() -> Fido2Server:
    place = urlsplit(settings.PUBLIC_URL)
    party = PublicKeyCredentialRpEntity(id=place.hostname or "", name="NewsNotify")
    origin = f"{place.scheme}://{place.netloc}"
    return Fido2Server(party, verify_origin=lambda named: named == origin)


def _credentials(user: User) -> list[AttestedCredentialData]:
    rows = Passkey.objects.filter(user=user).order_by("pk")
    return [AttestedCredentialData(bytes(row.credential)) for row in rows]


def _key(credential_id: bytes) -> bytes:
    return hashlib.sha256(credential_id).digest()


def _as_json(options: Any) -> str:
    return json.dumps(dict(options)["publicKey"], default=dict)


def _refused() -> ValidationError:
    return ValidationError(_("The browser's answer could not be used. Please try again."))
