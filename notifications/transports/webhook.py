"""Webhooks as Standard Webhooks has them: signed, the same id on every repetition.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.timezone import now as clock
from django.utils.translation import gettext as _

from newsnotify.lib import outbound, urls
from newsnotify.lib.saying import said
from notifications.transports import details, outside
from notifications.transports.base import Address, Item, Outcome, Parcel, Result, Size, Transport

PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)  # for which the former secret signs along
LIMITS = outbound.Limits(total_seconds=15.0, max_bytes=64 * 1024, max_redirects=0)
# The message is what they refuse: it is no better in an hour.
_REFUSED = frozenset({400, 413, 414, 415, 422, 431})


class Webhook(Transport):
    kind = "webhook"
    pauses = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    repeats_unknown = True
    is_for_people = False
    at_once = 32
    seconds = 20.0

    def clean(self, given: Mapping[str, Any]) -> Address:
        url = given.get("url")
        if not isinstance(url, str) or len(url) > 2000:
            raise ValidationError({"url": _("Give the URL that is to be called.")})
        try:
            url = urls.clean(url)
            outbound.check(settings.OUTBOUND_POLICY, url, https_only=True)
        except (ValueError, outbound.Refused) as error:
            raise ValidationError({"url": said(str(error))}) from error
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        secret = new_secret()
        return Address(
            shown=f"{parts.scheme}://{place}"[:320],  # a path may hold a token
            provider=place[:255],
            sealed={"url": url, "secrets": [secret]},
            once={"secret": secret},
        )

    async def send(self, parcel: Parcel) -> Outcome:
        body = body_of(parcel)
        sent_at = parcel.sent_at or clock()
        try:
            response = await outbound.request(
                outside.session(),
                "POST",
                parcel.address["url"],
                headers=headers_of(parcel.id, body, secrets_of(parcel.address, sent_at), sent_at),
                body=body,
                limits=LIMITS,
                https_only=True,
            )
        except outbound.Refused as error:
            return Outcome(Result.FAILED, detail=str(error))
        except outbound.OutboundError as error:
            return Outcome(Result.RETRY, error.status, str(error), is_provider=True)
        return _outcome(response, sent_at)

    def shown(self, address: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": address["url"]}


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def rotated(address: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give an address a new secret; the former one signs along for a day."""
    kept = address["secrets"][:1]
    until = (now + OVERLAP).timestamp()
    return {"url": address["url"], "secrets": [new_secret(), *kept], "former_until": until}


def secrets_of(address: Mapping[str, Any], now: datetime) -> list[str]:
    """List the secrets that sign at this time, the newest first."""
    known: list[str] = address["secrets"]
    return known if now.timestamp() < address.get("former_until", 0) else known[:1]


def headers_of(name: str, body: bytes, keys: Iterable[str], now: datetime) -> dict[str, str]:
    """Sign a body for every secret that is good."""
    moment = str(int(now.timestamp()))
    signed = b".".join((name.encode(), moment.encode(), body))
    marks = [f"v1,{_signature(key, signed)}" for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": settings.USER_AGENT,
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(marks),
    }


def body_of(parcel: Parcel) -> bytes:
    """Write what a parcel tells; the same bytes on every repetition."""
    told = [_shown(item) for item in parcel.items]
    if parcel.size is Size.ONE:
        data: Any = told[0]
        kind = "notification.created"
    else:
        data, kind = {"notifications": told}, f"notification.{parcel.size}"
    moment = max(item.created_at for item in parcel.items)
    return orjson.dumps({"type": kind, "timestamp": _time(moment), "data": data})


def _shown(item: Item) -> dict[str, Any]:
    return {
        "id": item.notification_id,
        "event_id": item.event_id,
        "title": item.title,
        "message": item.message,
        "url": item.url,
        "topic": item.topic or None,
        "category": item.category,
        "priority": item.priority,
        "source_title": item.source_title,
        "metadata": item.data,
        "created_at": _time(item.created_at),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _signature(key: str, signed: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")


def _outcome(response: outbound.Response, now: datetime) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return Outcome(Result.DELIVERED, status)
    detail = details.ANSWERED % {"status": _line(status)}
    if status == HTTPStatus.GONE:
        return Outcome(Result.GONE, status, detail)
    if status in _REFUSED:
        return Outcome(Result.FAILED, status, detail)
    if 300 <= status < 400:
        detail = details.REDIRECTS % {"status": _line(status)}
    wait = _retry_after(response.headers.get("retry-after", ""), now)
    is_provider = status >= 500
    return Outcome(Result.RETRY, status, detail, retry_after=wait, is_provider=is_provider)


def _retry_after(text: str, now: datetime) -> int | None:
    """Read seconds or a date (RFC 9110, section 10.2.3)."""
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round((moment - now).total_seconds()))


def _line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
