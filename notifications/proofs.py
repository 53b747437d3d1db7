"""Addresses are proved before anything is sent there: by a code of six digits, or by a link.

A code is made of a row's nonce and the secret key whenever it is needed, so no table has one.
"""

import secrets
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from newsnotify.lib import doorbell
from newsnotify.lib.ratelimit import Limit, Taken, take
from newsnotify.lib.throttling import TooMany
from notifications.models import Channel, Proof
from notifications.transports.proving import Question

BELL = "notifications.send_codes"
GOOD_FOR = timedelta(minutes=30)
TRIES = 5
CODES, WITHIN = 5, timedelta(hours=1)
# Anybody may have us write to any address, also by deleting a channel and making it anew.
TO_ADDRESS = Limit("codes to an address", 5, 3600)
OF_USER = Limit("codes of a user", 10, 3600)
_SALT = "notifications.proofs"


class ProofError(ValidationError):
    """This code or link proves nothing; the message says what to do."""


@transaction.atomic
def ask(channel: Channel, now: datetime) -> None:
    """Have a code sent to a channel that is not verified; the one before is over.

    Raises TooMany.
    """
    _limit(channel)
    made = {"nonce": secrets.token_hex(16), "expires_at": now + GOOD_FOR}
    fresh = {"tries": 0, "due_at": now, "attempts": 0, "lease": "", "sent_at": None}
    proof = Proof.objects.select_for_update().filter(channel=channel).first()
    if proof is None:
        Proof.objects.create(channel=channel, counted_since=now, **made, **fresh)
    else:
        is_past = proof.counted_since <= now - WITHIN
        if not is_past and proof.codes >= CODES:
            wait = proof.counted_since + WITHIN - now
            raise TooMany(Taken(TO_ADDRESS, ceil(wait.total_seconds()), 0, 0))
        counted = {
            "codes": 1 if is_past else proof.codes + 1,
            "counted_since": now if is_past else proof.counted_since,
        }
        Proof.objects.filter(pk=proof.pk).update(**made, **fresh, **counted)
    doorbell.ring(BELL)


def prove(channel: Channel, code: str, now: datetime) -> None:
    """Verify a channel by the code that was sent there; again is fine. Raises ProofError."""
    if channel.verified_at:
        return
    proof = _open(channel, now)
    tried = Proof.objects.filter(pk=proof.pk, nonce=proof.nonce, tries__lt=TRIES)
    if not tried.update(tries=F("tries") + 1):  # also of two who try at once
        raise ProofError(_("This code was tried too often. Ask for another."))
    given = "".join(code.split())
    if not any(constant_time_compare(given, each) for each in _codes(proof)):
        raise ProofError(_("This is not the code we sent."))
    _verify(proof, now)


def channel_of(token: str, now: datetime) -> Channel:
    """Find whose link this is. Raises ProofError when it is over."""
    over = ProofError(_("This link is over. Ask for another code."))
    try:
        pk, nonce = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise over from error
    proof = Proof.objects.select_related("channel").filter(channel_id=pk, nonce=nonce).first()
    if proof is None or (proof.expires_at <= now and not proof.channel.verified_at):
        raise over
    return proof.channel


def prove_by_link(token: str, now: datetime) -> Channel:
    """Verify a channel by the link that was sent there; again is fine. Raises ProofError."""
    channel = channel_of(token, now)
    if not channel.verified_at:
        _verify(_open(channel, now), now)
    return channel


def question_of(proof: Proof) -> Question:
    """Write down what is sent, the same on every repetition."""
    channel = proof.channel
    return Question(
        id=f"code-{channel.pk}-{proof.nonce[:8]}",
        address=channel.opened,
        code=_codes(proof)[0],
        link=_link(proof),
        language=channel.user.language,
        minutes=int(GOOD_FOR.total_seconds() // 60),
    )


def _open(channel: Channel, now: datetime) -> Proof:
    proof = Proof.objects.select_related("channel").filter(channel=channel).first()
    if proof is None or proof.expires_at <= now:
        raise ProofError(_("This code is over. Ask for another."))
    return proof


def _verify(proof: Proof, now: datetime) -> None:
    with transaction.atomic():
        Channel.objects.filter(pk=proof.channel_id, verified_at=None).update(
            verified_at=now, last_error="", failing_since=None
        )
        Proof.objects.filter(pk=proof.pk).update(due_at=None)
    proof.channel.verified_at = now


def _link(proof: Proof) -> str:
    query = urlencode({"token": signing.dumps([proof.channel_id, proof.nonce], salt=_SALT)})
    return f"{settings.PUBLIC_URL}{reverse('verify_channel')}?{query}"


def _codes(proof: Proof) -> list[str]:
    """Make the code, by the present key first, which is sent, and by former ones."""
    words = f"{proof.channel_id}:{proof.nonce}:{proof.channel.address}"
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (salted_hmac(_SALT, words, secret=key, algorithm="sha256").digest() for key in keys)
    return [f"{int.from_bytes(digest[:8], 'big') % 10**6:06}" for digest in digests]


def _limit(channel: Channel) -> None:
    if not settings.RATE_LIMITS:
        return
    for limit, who in ((OF_USER, str(channel.user_id)), (TO_ADDRESS, channel.address)):
        taken = take(limit, who)
        if not taken.is_admitted:
            raise TooMany(taken)
