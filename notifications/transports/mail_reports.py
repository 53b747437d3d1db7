"""What mail services report of letters that they took, in words of ours.

Anymail knows their formats; here stands what an event means for a letter, and for its address.
What is only lost for now is told from an address at which there is nobody: each service says
that in its own way.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.timezone import is_aware

from newsnotify.lib.lines import one_line
from newsnotify.lib.redaction import redact
from notifications.transports.marks import letter_of

DETAIL = 200
_CODE = re.compile(r"\s*(?:smtp;\s*)?([245]\d\d)\b")


class Fate(StrEnum):
    """What became of a letter; the word stands in the log of its deliveries."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"  # the service did not send it
    DEFERRED = "deferred"  # it tries again
    COMPLAINED = "complained"  # its reader calls it spam
    STOPPED = "stopped"  # its reader wants no more


class Effect(StrEnum):
    """What that means for the address."""

    NONE = "none"
    GOOD = "good"
    FAILING = "failing"  # this letter did not get there; another may
    GONE = "gone"  # there is nobody, or nothing is sent there any more
    SPAM = "spam"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Report:
    letter_id: str
    fate: Fate
    effect: Effect
    recipient: str  # empty when the service does not say
    at: datetime | None
    detail: str = ""
    status_code: int | None = None


Meaning = tuple[Fate, Effect]

_LOST: Meaning = (Fate.BOUNCED, Effect.FAILING)
_GONE: Meaning = (Fate.BOUNCED, Effect.GONE)
_FAILED: Meaning = (Fate.FAILED, Effect.FAILING)
_DEFERRED: Meaning = (Fate.DEFERRED, Effect.NONE)
_MEANINGS: Mapping[str, Meaning] = {
    "delivered": (Fate.DELIVERED, Effect.GOOD),
    "bounced": _GONE,
    "rejected": _FAILED,
    "failed": _FAILED,
    "deferred": _DEFERRED,
    "complained": (Fate.COMPLAINED, Effect.SPAM),
    "unsubscribed": (Fate.STOPPED, Effect.STOPPED),
}
# Why a service did not even try, by anymail's RejectReason.
_REJECTED: Mapping[str | None, Meaning] = {
    "invalid": _GONE,
    "bounced": _GONE,
    "timed_out": _GONE,
    "spam": (Fate.FAILED, Effect.SPAM),
    "unsubscribed": (Fate.FAILED, Effect.STOPPED),
}


def report_of(service: str, event: Any) -> Report | None:
    """Read one of anymail's tracking events; None when it tells nothing that matters here."""
    meaning = _meaning(service, event)
    if meaning is None:
        return None
    said = event.mta_response or event.description or event.reject_reason or ""
    detail = redact(one_line(str(said)))[:DETAIL]
    code = _CODE.match(detail)
    at = event.timestamp
    return Report(
        letter_of(event.metadata),
        *meaning,
        recipient=str(event.recipient or "").strip().lower(),
        at=at if at and is_aware(at) else None,
        detail=detail,
        status_code=int(code[1]) if code else None,
    )


def _meaning(service: str, event: Any) -> Meaning | None:
    meaning = _MEANINGS.get(event.event_type)
    if event.event_type == "rejected":
        meaning = _REJECTED.get(event.reject_reason, _FAILED)
    finer = _FINER.get(service)
    return finer(event, meaning) if finer and meaning else meaning


def _of_sendgrid(event: Any, meaning: Meaning) -> Meaning:
    """A bounce of another type is of this letter: SendGrid goes on writing to the address."""
    is_bounce = event.esp_event.get("event") == "bounce"
    return _LOST if is_bounce and event.esp_event.get("type", "bounce") != "bounce" else meaning


_MAILGUN_REASONS: Mapping[str | None, Meaning] = {
    "bounce": _GONE,
    "suppress-bounce": _GONE,
    "suppress-complaint": _REJECTED["spam"],
    "suppress-unsubscribe": _REJECTED["unsubscribed"],
}


def _of_mailgun(event: Any, meaning: Meaning) -> Meaning:
    """A failure for good is the address's only when it says so: there are others too."""
    data = event.esp_event.get("event-data") or {}
    if meaning != _GONE or data.get("event") != "failed":
        return meaning
    return _MAILGUN_REASONS.get(data.get("reason"), _LOST)


def _of_postmark(event: Any, meaning: Meaning) -> Meaning:
    """An inactive address gets nothing any more; a soft bounce is of this letter."""
    if meaning[0] not in {Fate.BOUNCED, Fate.FAILED}:
        return meaning
    if event.esp_event.get("Inactive") is True:
        return _GONE
    kind = event.esp_event.get("Type")
    return {"SoftBounce": _LOST, "VirusNotification": _FAILED}.get(kind, meaning)


def _of_ses(event: Any, meaning: Meaning) -> Meaning:
    """Only what is permanent is the address's; a general transient one may be an absence note."""
    if meaning != _GONE:
        return meaning
    bounce = event.esp_event.get("bounce") or {}
    if bounce.get("bounceType") == "Permanent":
        return _GONE
    is_vague = (bounce.get("bounceType"), bounce.get("bounceSubType")) == ("Transient", "General")
    return _DEFERRED if is_vague else _LOST


_FINER: Mapping[str, Callable[[Any, Meaning], Meaning]] = {
    "sendgrid": _of_sendgrid,
    "mailgun": _of_mailgun,
    "postmark": _of_postmark,
    "ses": _of_ses,
}
