"""When a person may be told: quiet hours, windows and digests, in his own time zone.

Everything goes by what his clock shows. An hour that his clock shows twice is twice quiet or
twice open; one that it leaps over is neither, and what would begin in it begins when the clock
has leapt. Nothing here reads a clock or knows Django.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PASSES = "critical"  # this priority is told at once, whatever the hour
# A week has it all; a second and a third for what a clock change takes away from the first.
HORIZON = timedelta(days=22)


class Reason(StrEnum):
    """Why something is held."""

    QUIET_HOURS = "quiet_hours"
    WINDOW = "window"
    DIGEST = "digest"
    LIMIT = "limit"  # of messages within a span: see `subscriptions/limits.py`
    SOURCE_BURST = "source_burst"  # the source was just told of: see `notifications/bursts.py`


class Mode(StrEnum):
    OFF = "off"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True)
class Decision:
    """May it go now, or why and until when is it held.

    A reason without `until` means that these preferences never let it go: ask again when they
    have changed.
    """

    reason: Reason | None = None
    until: datetime | None = None

    @property
    def may_go(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Hours:
    """From one time of day until another, which may be of the next day.

    The same twice is a whole day.
    """

    start: time
    end: time

    @classmethod
    def read(cls, shown: Mapping[str, str]) -> "Hours":
        return cls(time.fromisoformat(shown["from"]), time.fromisoformat(shown["until"]))

    @property
    def cross_midnight(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True)
class Window:
    """Hours that begin on some days of the week, of which Monday is 0."""

    days: frozenset[int]
    hours: Hours

    def has(self, wall: datetime) -> bool:
        clock, hours = wall.time(), self.hours
        begins_today = wall.weekday() in self.days
        if not hours.cross_midnight:
            return begins_today and hours.start <= clock < hours.end
        began_yesterday = (wall.weekday() - 1) % 7 in self.days
        return (begins_today and clock >= hours.start) or (began_yesterday and clock < hours.end)


@dataclass(frozen=True)
class Timing:
    """What a person's `delivery` preferences say of time."""

    zone: ZoneInfo
    quiet: Window | None = None
    windows: tuple[Window, ...] = ()
    mode: Mode = Mode.OFF
    digest_at: time = time(8)

    @classmethod
    def read(cls, delivery: Mapping[str, Any], zone: ZoneInfo) -> "Timing":
        """Read the preference's shape, in which every key may be missing."""
        quiet, digest = delivery.get("quiet_hours"), delivery.get("digest") or {}
        return cls(
            zone=zone,
            quiet=Window(frozenset(range(7)), Hours.read(quiet)) if quiet else None,
            windows=tuple(
                Window(frozenset(map(DAYS.index, shown["days"])), Hours.read(shown))
                for shown in delivery.get("windows") or ()
            ),
            mode=Mode(digest.get("mode", Mode.OFF)),
            digest_at=time.fromisoformat(digest.get("at", "08:00")),
        )

    def closed_by(self, wall: datetime) -> Reason | None:
        """Tell what keeps things back while his clock shows `wall`."""
        if self.quiet and self.quiet.has(wall):
            return Reason.QUIET_HOURS
        if self.windows and not any(window.has(wall) for window in self.windows):
            return Reason.WINDOW
        return None

    def boundaries(self) -> set[time]:
        """List the times of day at which something may begin or end; midnight is one."""
        spans = [window.hours for window in (self.quiet, *self.windows) if window]
        return {time(0), *(edge for hours in spans for edge in (hours.start, hours.end))}


def decide(
    timing: Timing, *, priority: str, now: datetime, ready_at: datetime | None = None
) -> Decision:
    """Decide whether something may go to a person's channels, the inbox aside.

    `ready_at` is when it first could have gone, by which its digest is found; without it that
    is now. Ask again when `until` has come: the preferences may be others by then.
    `critical` passes quiet hours, windows and digests.
    """
    if priority == PASSES:
        return Decision()
    if timing.mode != Mode.OFF:
        due = next_digest(timing, ready_at or now)
        if due > now:
            until = opening(timing, due)
            reason = Reason.DIGEST if until else timing.closed_by(_wall(due, timing.zone))
            return Decision(reason, until)
    reason = timing.closed_by(_wall(now, timing.zone))
    return Decision(reason, opening(timing, now)) if reason else Decision()


def opening(timing: Timing, moment: datetime) -> datetime | None:
    """Find the first moment, this one included, that is not quiet and in a window, or None."""
    if not timing.closed_by(_wall(moment, timing.zone)):
        return moment
    for edge in _edges(timing, moment):
        if not timing.closed_by(_wall(edge, timing.zone)):
            return edge
    return None


def next_digest(timing: Timing, moment: datetime) -> datetime:
    """Find the first digest after a moment, quiet or not.

    Hourly ones come when the clock shows a full hour. The daily one comes once a day: the first
    time that the clock shows its time, or when it has leapt over it.
    """
    if timing.mode == Mode.HOURLY:
        return _next_full_hour(moment, timing.zone)
    day = _wall(moment, timing.zone).date() - timedelta(days=1)
    while (found := _first(timing.digest_at, day, timing.zone)) <= moment:
        day += timedelta(days=1)
    return found


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _edges(timing: Timing, moment: datetime) -> Iterator[datetime]:
    """Go through the moments after this one at which something may begin or end, in order."""
    day, boundaries = _wall(moment, timing.zone).date(), timing.boundaries()
    last = day + HORIZON
    while day <= last:
        found = {each for at in boundaries for each in _shown(at, day, timing.zone)}
        change = _change_of(day, timing.zone)
        yield from sorted(each for each in (found | change) if each > moment)
        day += timedelta(days=1)


def _shown(at: time, day: date, zone: ZoneInfo) -> set[datetime]:
    """List the moments at which the clock shows a time on a day: one, two, or none."""
    walls = (datetime.combine(day, at, zone).replace(fold=fold) for fold in (0, 1))
    moments = {wall.astimezone(UTC) for wall in walls}
    meant = datetime.combine(day, at)
    return {each for each in moments if _wall(each, zone).replace(tzinfo=None, fold=0) == meant}


def _first(at: time, day: date, zone: ZoneInfo) -> datetime:
    """Find when the clock first shows a time on a day, or has leapt over it."""
    shown = _shown(at, day, zone)
    before = datetime.combine(day, at, zone).replace(fold=1).astimezone(UTC)
    after = datetime.combine(day, at, zone).astimezone(UTC)
    return min(shown) if shown else _change(before, after, zone) or after


def _next_full_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    wall = _wall(moment, zone)
    begun = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    following = moment.astimezone(UTC) - begun + timedelta(hours=1)
    change = _change(moment, following, zone)
    if change is None:
        return following
    return change if _wall(change, zone).minute == 0 else _next_full_hour(change, zone)


def _change_of(day: date, zone: ZoneInfo) -> set[datetime]:
    """Find the moment at which the clocks change on a day, if they do."""
    start, end = (
        datetime.combine(day + timedelta(days=days), time(0), zone).astimezone(UTC)
        for days in (0, 1)
    )
    change = _change(start, end, zone)
    return {change} if change else set()


def _change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """Find the moment after `start`, until `end`, from which the clock is put otherwise."""
    before = _wall(start, zone).utcoffset()
    if _wall(end, zone).utcoffset() == before:
        return None
    low, high = int(start.timestamp()), int(end.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        changed = datetime.fromtimestamp(middle, zone).utcoffset() != before
        low, high = (low, middle) if changed else (middle, high)
    return datetime.fromtimestamp(high, UTC)
