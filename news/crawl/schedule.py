"""When to come back to a source: arithmetic on what is stored and on what was answered."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from statistics import median

from news.crawl.records import Failure, FailureKind, Reading, SourceState
from newsnotify.lib.backoff import exponential, jittered

CEILING = timedelta(hours=6)
LONGEST = timedelta(hours=24)
GONE_AFTER = timedelta(hours=24)
_FIRST_RETRY = timedelta(minutes=15)
_UNKNOWN = timedelta(hours=1)  # for a source that has shown nothing yet
_PATIENCE = 48  # a source silent for 48 days is asked once a day, for 12 days every 6 hours
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.I)


def next_interval(
    state: SourceState,
    *,
    now: datetime,
    random: float,
    asked: timedelta | None = None,
    skip_hours: frozenset[int] = frozenset(),
) -> timedelta:
    """Wait half the usual gap between articles, and longer when a source has fallen silent.

    `asked` is the wait that the answer asks for (see `asked_wait`); it and the floor are never
    undercut. An interval that an editor fixed wins over everything. ±10 % by `random`.
    """
    if state.interval is not None:
        return jittered(state.interval, 0.1, random)
    half = state.rhythm / 2 if state.rhythm is not None else _UNKNOWN
    usual = min(max(half, state.min_interval), max(CEILING, state.min_interval))
    spread = jittered(max(usual, _silence(state.newest_at, now)), 0.1, random)
    wait = max(spread, state.min_interval, min(asked or spread, LONGEST))
    return _past_skipped(wait, now, skip_hours)


def failure_wait(state: SourceState, failure: Failure, *, random: float) -> timedelta:
    """Wait 15 minutes after the first failure, doubling up to 24 hours, ±20 % by `random`.

    What the server asks for is granted, up to 24 hours. A host that is busy has not failed: it is
    asked again after what it said, or 15 minutes. `state` counts the failures before this one.
    """
    is_fault = failure.kind is not FailureKind.BUSY
    attempt_count = state.failure_count + 1 if is_fault else 1
    wait = exponential(attempt_count, first=_FIRST_RETRY, ceiling=LONGEST)
    asked = min(failure.retry_after or timedelta(), LONGEST)
    return max(jittered(wait, 0.2, random), asked)


def is_gone(state: SourceState, failure: Failure, now: datetime) -> bool:
    """Believe a 410 when it is seen again a day after the first one."""
    is_again = state.gone_at is not None and now - state.gone_at >= GONE_AFTER
    return failure.kind is FailureKind.GONE and is_again


def asked_wait(headers: Mapping[str, str], feed: Reading | None, now: datetime) -> timedelta | None:
    """Take the longest of Cache-Control, Expires and the feed's own ttl, at most 24 hours.

    RFC 9111 §4.2.1: max-age overrides Expires. Header names are in lower case.
    """
    waits = [freshness(headers, now), feed.ttl if feed else None]
    known = [wait for wait in waits if wait is not None]
    return min(max(known), LONGEST) if known else None


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read how long an answer stays fresh; None when it does not say, or says not at all."""
    control = headers.get("cache-control", "")
    if match := _MAX_AGE.search(control):
        wait = timedelta(seconds=int(match[1]))
    elif expires := _http_date(headers.get("expires", "")):
        wait = expires - (_http_date(headers.get("date", "")) or now)
    else:
        return None
    return wait if wait > timedelta() and "no-cache" not in control.lower() else None


def rhythm(dates: Iterable[datetime], now: datetime) -> timedelta | None:
    """Tell the median gap between articles' dates; None when there are fewer than two."""
    moments = sorted(min(moment, now) for moment in dates)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    return timedelta(seconds=median(gaps)) if gaps else None


def _silence(newest_at: datetime | None, now: datetime) -> timedelta:
    silent_for = now - newest_at if newest_at else timedelta()
    return min(max(silent_for, timedelta()) / _PATIENCE, LONGEST)


def _past_skipped(wait: timedelta, now: datetime, skip_hours: frozenset[int]) -> timedelta:
    """Move out of the hours that RSS 2.0 skipHours names; all 24 of them mean nothing."""
    moment = (now + wait).astimezone(UTC)
    for _ in range(24):
        if moment.hour not in skip_hours or len(skip_hours) >= 24:
            break
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment - now


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
