"""Fetch one feed: a conditional GET, whatever the server does with it."""

import functools
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from newsnotify.lib import outbound
from newsnotify.lib.sentences import gettext_noop

from .records import Document, Failure, FailureKind, NotModified, Request

_ANSWERED = gettext_noop("%(host)s answered %(status)s.")

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)
LIMITS = outbound.Limits()
MAX_RETRY_AFTER = timedelta(days=1)
MAX_VALIDATOR_LENGTH = 512  # characters; a validator that cannot be kept whole is worth nothing
_PERMANENT = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)
_KINDS: Mapping[type[outbound.OutboundError], FailureKind] = {
    outbound.Refused: FailureKind.REFUSED,
    outbound.Unreachable: FailureKind.NETWORK,
    outbound.TimedOut: FailureKind.NETWORK,
    outbound.BadAnswer: FailureKind.NETWORK,
    outbound.BadRedirect: FailureKind.HTTP,
    outbound.TooLarge: FailureKind.TOO_LARGE,
}
Outcome = Document | NotModified | Failure


@functools.lru_cache(256)
def user_agent(version: str, public_url: str, subscriber_count: int = 0) -> str:
    """Say who asks, and for how many, in the form that publishers' statistics read."""
    subscribers = f"{subscriber_count} subscriber{'s' * (subscriber_count != 1)}"
    return f"NewsNotify/{version} (+{public_url}; {subscribers})"


async def fetch(
    session: outbound.Session,
    request: Request,
    *,
    agent: str,
    now: datetime,
    limits: outbound.Limits = LIMITS,
) -> Outcome:
    """Fetch a feed, sending its validators back byte for byte (RFC 9110, section 13).

    `agent` is what `user_agent` made; `now` is what a Retry-After date counts from. Raises
    nothing: whatever a server does comes back as a Failure.
    """
    started = time.perf_counter()
    try:
        response = await outbound.request(
            session, "GET", request.url, headers=_headers(request, agent), limits=limits
        )
    except outbound.OutboundError as error:
        return _failure(error, _since(started))
    return _outcome(request, response, now, _since(started))


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _headers(request: Request, agent: str) -> dict[str, str]:
    headers = {"User-Agent": agent, "Accept": ACCEPT}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers


def _outcome(
    request: Request, response: outbound.Response, now: datetime, duration_ms: int
) -> Outcome:
    if 200 <= response.status < 300:
        return _document(response, duration_ms)
    if response.status == HTTPStatus.NOT_MODIFIED and (request.etag or request.last_modified):
        return _not_modified(request, response, duration_ms)
    return _refusal(response, now, duration_ms)


def _document(response: outbound.Response, duration_ms: int) -> Document:
    return Document(
        url=response.url,
        status=response.status,
        body=response.body,
        content_type=response.headers.get("content-type", ""),
        headers=response.headers,
        etag=_validator(response, "etag"),
        last_modified=_validator(response, "last-modified"),
        moved_to=_moved_to(response),
        duration_ms=duration_ms,
    )


def _not_modified(request: Request, response: outbound.Response, duration_ms: int) -> NotModified:
    return NotModified(
        etag=_validator(response, "etag") or request.etag,
        last_modified=_validator(response, "last-modified") or request.last_modified,
        headers=response.headers,
        duration_ms=duration_ms,
        moved_to=_moved_to(response),
    )


def _refusal(response: outbound.Response, now: datetime, duration_ms: int) -> Failure:
    retry_after = _retry_after(response.headers.get("retry-after", ""), now)
    return Failure(
        _kind(response.status, retry_after),
        _ANSWERED
        % {"host": urlsplit(response.url).hostname, "status": _status_line(response.status)},
        status=response.status,
        retry_after=retry_after,
        duration_ms=duration_ms,
    )


def _kind(status: int, retry_after: timedelta | None) -> FailureKind:
    if status == HTTPStatus.GONE:
        return FailureKind.GONE
    asks_for_patience = status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after
    if status == HTTPStatus.TOO_MANY_REQUESTS or asks_for_patience:
        return FailureKind.BUSY
    return FailureKind.HTTP


def _failure(error: outbound.OutboundError, duration_ms: int) -> Failure:
    return Failure(
        _KINDS[type(error)],
        str(error),
        status=error.status,
        duration_ms=duration_ms,
        is_unreached=isinstance(error, outbound.Unreachable),
    )


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _validator(response: outbound.Response, name: str) -> str:
    """Return a validator that we can send back byte for byte, else none."""
    value = response.headers.get(name, "")
    return value if value.isprintable() and len(value) <= MAX_VALIDATOR_LENGTH else ""


def _moved_to(response: outbound.Response) -> str:
    is_permanent = response.hops and all(hop.status in _PERMANENT for hop in response.hops)
    return response.address if is_permanent else ""


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Read seconds or an HTTP date (RFC 9110, section 10.2.3); None for nonsense and the past."""
    value = value.strip()
    wait = _seconds(value) if value.isascii() and value.isdigit() else _until(value, now)
    return min(wait, MAX_RETRY_AFTER) if wait and wait > timedelta() else None


def _seconds(digits: str) -> timedelta:
    # A thousand digits are a number too, but none that timedelta or int() would take.
    return timedelta(seconds=int(digits)) if len(digits) < 10 else MAX_RETRY_AFTER


def _until(date: str, now: datetime) -> timedelta | None:
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)) - now
