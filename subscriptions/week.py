"""A usual week of a person as a picture: when he is told at once, when not, when digests come."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from subscriptions.timing import Mode, Timing, next_digest, opening

DAY = 24 * 60
A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # of a week in which no clock changes: UTC has none


class Told(StrEnum):
    AT_ONCE = "at_once"
    BY_DIGEST = "by_digest"
    CRITICAL = "critical"  # of these alone


@dataclass(frozen=True)
class Stretch:
    """Minutes of a day, from the first until the second, during which one thing holds."""

    told: Told
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return f"{clock(self.start)}–{clock(self.end)}"  # noqa: RUF001 - a dash between times


@dataclass(frozen=True)
class Day:
    """One day of the week, of which Monday is 0; `digests` are minutes of it."""

    number: int
    stretches: tuple[Stretch, ...]
    digests: tuple[int, ...]

    @property
    def clocks(self) -> list[str]:
        return [clock(minute) for minute in self.digests]

    def of(self, told: Told) -> list[Stretch]:
        return [stretch for stretch in self.stretches if stretch.told == told]


def week(timing: Timing) -> list[Day]:
    """Draw a week by what the clock shows."""
    plain = replace(timing, zone=ZoneInfo("UTC"))
    digests = sorted(set(_digests(plain)))
    return [
        Day(
            number,
            tuple(_joined(_stretches(plain, number))),
            tuple(_minute(each) for each in digests if each.weekday() == number),
        )
        for number in range(7)
    ]


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _stretches(timing: Timing, number: int) -> Iterator[Stretch]:
    day = A_MONDAY + timedelta(days=number)
    edges = sorted({_minute(datetime.combine(day, at)) for at in timing.boundaries() | {time(0)}})
    is_open = Told.AT_ONCE if timing.mode == Mode.OFF else Told.BY_DIGEST
    for start, end in pairwise([*edges, DAY]):
        is_closed = timing.closed_by(day + timedelta(minutes=start))
        yield Stretch(Told.CRITICAL if is_closed else is_open, start, end)


def _joined(stretches: Iterator[Stretch]) -> list[Stretch]:
    """Make one of neighbours that are alike."""
    found: list[Stretch] = []
    for each in stretches:
        if found and found[-1].told == each.told:
            found[-1] = replace(found[-1], end=each.end)
        else:
            found.append(each)
    return found


def _digests(timing: Timing) -> Iterator[datetime]:
    """Go through a week's digests at the moments at which they get through."""
    if timing.mode == Mode.OFF:
        return
    moment, end = A_MONDAY - timedelta(seconds=1), A_MONDAY + timedelta(days=7)
    while (moment := next_digest(timing, moment)) < end:
        through = opening(timing, moment)
        if through:
            # What gets through after Sunday does so on a Monday, as the week before did.
            yield through if through < end else through - timedelta(days=7)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
