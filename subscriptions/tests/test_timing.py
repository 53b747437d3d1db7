"""Timing against a reference that looks at every minute, across both clock changes of a year."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscriptions.timing import DAYS, HORIZON, Mode, Reason, Timing, decide, next_digest, opening

CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),
    "America/New_York": ("2026-03-08T07:00Z", "2026-11-01T06:00Z"),
    "Australia/Lord_Howe": ("2026-04-04T15:00Z", "2026-10-03T15:30Z"),  # by half an hour
    "Africa/Cairo": ("2026-04-23T22:00Z", "2026-10-29T21:00Z"),  # at midnight
}
MINUTE, LENGTH = timedelta(minutes=1), 25 * 24 * 60
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = [{"days": list(DAYS[:5]), "from": "08:00", "until": "18:00"}]
NIGHT = {"from": "22:00", "until": "07:00"}


@lru_cache(maxsize=16)
def minutes(zone: str, change: datetime) -> list[tuple[datetime, int, str, date]]:
    """List every minute around a clock change, and what the clock shows: weekday, time, date."""
    found = []
    for number in range(LENGTH):
        moment = change - timedelta(days=6) + number * MINUTE
        wall = moment.astimezone(ZoneInfo(zone))
        found.append((moment, wall.weekday(), wall.strftime("%H:%M"), wall.date()))
    return found


def the_change(zone: str, which: int) -> datetime:
    change = datetime.fromisoformat(CHANGES[zone][which])
    before, after = (
        each.astimezone(ZoneInfo(zone)).utcoffset() for each in (change - MINUTE, change)
    )
    assert before != after, "this is where the clocks change"
    return change


def digest_span(timing: Timing, sent_at: datetime) -> tuple[datetime, datetime]:
    """Tell what the digest that comes at `sent_at` covers: ready from the first until the second.

    Where quiet hours or windows kept digests back, it covers theirs too. What is ready at the
    very moment of a digest is for the next one.
    """
    end = next_digest(timing, sent_at)
    while end > sent_at:
        end = previous_digest(timing, end)
    start = previous_digest(timing, end)
    while sent_at - start < HORIZON and opening(timing, start) == sent_at:
        start = previous_digest(timing, start)
    return start, end


def previous_digest(timing: Timing, moment: datetime) -> datetime:
    """Find the last digest before a moment."""
    back = timedelta(hours=4) if timing.mode == Mode.HOURLY else timedelta(days=3)
    found = next_digest(timing, moment - back)
    while (later := next_digest(timing, found)) < moment:
        found = later
    return found


def is_quiet(quiet: dict[str, str] | None, clock: str) -> bool:
    if not quiet:
        return False
    start, end = quiet["from"], quiet["until"]
    return start <= clock < end if start < end else clock >= start or clock < end


def is_inside(windows: list[dict[str, Any]], weekday: int, clock: str) -> bool:
    today, yesterday = DAYS[weekday], DAYS[weekday - 1]
    return not windows or any(
        (today in each["days"] and each["from"] <= clock < each["until"])
        if each["from"] < each["until"]
        else (today in each["days"] and clock >= each["from"])
        or (yesterday in each["days"] and clock < each["until"])
        for each in windows
    )


def digests(zone: str, change: datetime, digest: dict[str, str]) -> Iterator[datetime]:
    """Go through the minutes at which a digest comes."""
    had = set()
    for moment, _, clock, day in minutes(zone, change):
        if digest["mode"] == "hourly" and clock.endswith(":00"):
            yield moment
        if digest["mode"] == "daily" and clock >= digest["at"] and day not in had:
            had.add(day)
            yield moment


def naive(
    delivery: dict[str, Any], zone: str, change: datetime, now: datetime
) -> tuple[bool, datetime | None]:
    """Say whether something goes now, and else when, by looking at one minute after the other."""
    start = now
    if delivery["digest"]["mode"] != "off":
        start = next(each for each in digests(zone, change, delivery["digest"]) if each > now)
    for moment, weekday, clock, _ in minutes(zone, change):
        ends = moment + MINUTE
        is_open = not is_quiet(delivery["quiet_hours"], clock) and is_inside(
            delivery["windows"], weekday, clock
        )
        if is_open and ends > start:
            return max(moment, start) == now, max(moment, start)
    return False, None


CLOCKS = st.one_of(  # mostly near the hours that the changes take away or give again
    st.sampled_from(["00:00", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00", "23:30"]),
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
)
HOURS = st.fixed_dictionaries({"from": CLOCKS, "until": CLOCKS})
WINDOW = st.builds(
    lambda hours, days: {**hours, "days": days},
    HOURS,
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
)
DELIVERY = st.fixed_dictionaries(
    {
        "quiet_hours": st.none() | HOURS,
        "windows": st.lists(WINDOW, max_size=3),
        "digest": st.fixed_dictionaries(
            {"mode": st.sampled_from(["off", "hourly", "daily"]), "at": CLOCKS}
        ),
    }
)
SPANS = st.one_of(  # to the clock change
    st.integers(-180, 180).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(-3 * 86400, 2 * 86400).map(lambda seconds: timedelta(seconds=seconds)),
)


@pytest.mark.parametrize("zone", CHANGES)
@settings(max_examples=150, deadline=None)
@given(delivery=DELIVERY, span=SPANS, which=st.integers(0, 1))
def test_decision_is_that_of_looking_at_every_minute(
    zone: str, delivery: dict[str, Any], span: timedelta, which: int
) -> None:
    change = the_change(zone, which)
    now = change + span
    timing = Timing.read(delivery, ZoneInfo(zone))
    decision = decide(timing, priority="high", now=now)
    may_go, until = naive(delivery, zone, change, now)
    assert (decision.may_go, decision.until) == (may_go, None if may_go else until)
    assert decide(timing, priority="critical", now=now).may_go
    if until and not may_go:
        assert decide(timing, priority="high", now=until, ready_at=now).may_go
        just_before = until - timedelta(seconds=1)
        if just_before > now:
            again = decide(timing, priority="high", now=just_before, ready_at=now)
            assert again.until == until


@pytest.mark.parametrize("zone", CHANGES)
@settings(max_examples=60, deadline=None)
@given(
    delivery=DELIVERY,
    mode=st.sampled_from(["hourly", "daily"]),
    span=SPANS,
    which=st.integers(0, 1),
)
def test_digest_covers_exactly_what_waits_for_it(
    zone: str, delivery: dict[str, Any], mode: str, span: timedelta, which: int
) -> None:
    delivery["digest"]["mode"] = mode
    ready_at = the_change(zone, which) + span
    timing = Timing.read(delivery, ZoneInfo(zone))
    sent_at = decide(timing, priority="low", now=ready_at).until
    if sent_at is None:
        return
    start, end = digest_span(timing, sent_at)
    assert start <= ready_at < end <= sent_at

    def told_at(moment: datetime) -> datetime | None:
        return decide(timing, priority="low", now=moment).until

    second = timedelta(seconds=1)
    assert told_at(start) == told_at(end - second) == sent_at
    assert told_at(start - second) != sent_at
    assert told_at(end) != sent_at


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("delivery", "now", "reason", "until"),
    [
        ({}, "2026-11-20 03:00", None, None),
        ({"quiet_hours": NIGHT}, "2026-11-20 21:59:59", None, None),
        ({"quiet_hours": NIGHT}, "2026-11-20 22:00", "quiet_hours", "2026-11-21 07:00"),
        ({"quiet_hours": NIGHT}, "2026-11-21 06:59:59", "quiet_hours", "2026-11-21 07:00"),
        ({"quiet_hours": NIGHT}, "2026-11-21 07:00", None, None),
        ({"windows": OFFICE}, "2026-11-20 18:00", "window", "2026-11-23 08:00"),  # a Friday
        ({"windows": OFFICE, "quiet_hours": NIGHT}, "2026-11-20 23:00", "quiet_hours",
         "2026-11-23 08:00"),
        ({"digest": {"mode": "hourly"}}, "2026-11-20 10:00", "digest", "2026-11-20 11:00"),
        ({"digest": {"mode": "daily"}}, "2026-11-20 10:00", "digest", "2026-11-21 08:00"),
        ({"digest": {"mode": "hourly"}, "quiet_hours": NIGHT}, "2026-11-20 21:30", "digest",
         "2026-11-21 07:00"),
        # The clock leaps from 02:00 to 03:00: what ends or is due in between does so then.
        ({"quiet_hours": {"from": "22:00", "until": "02:30"}}, "2026-03-29 01:59", "quiet_hours",
         "2026-03-29 03:00"),
        ({"digest": {"mode": "daily", "at": "02:30"}}, "2026-03-29 01:00", "digest",
         "2026-03-29 03:00"),
        # Quiet the whole day, or windows that quiet hours close: never.
        ({"quiet_hours": {"from": "00:00", "until": "00:00"}}, "2026-11-20 10:00", "quiet_hours",
         None),
        ({"quiet_hours": {"from": "07:00", "until": "19:00"}, "windows": OFFICE},
         "2026-11-20 20:00", "window", None),
        ({"quiet_hours": {"from": "09:00", "until": "09:00"}, "digest": {"mode": "daily"}},
         "2026-11-20 10:00", "quiet_hours", None),
    ],
)  # fmt: skip
def test_what_is_held_says_until_when_and_why(
    delivery: dict[str, Any], now: str, reason: str | None, until: str | None
) -> None:
    decision = decide(Timing.read(delivery, BERLIN), priority="medium", now=at(now))
    assert decision.reason == (Reason(reason) if reason else None)
    assert decision.until == (at(until).astimezone(UTC) if until else None)


def test_quiet_hour_is_quiet_both_times_when_the_clock_shows_it_twice() -> None:
    timing = Timing.read({"quiet_hours": {"from": "02:00", "until": "02:45"}}, BERLIN)
    first = decide(timing, priority="low", now=at("2026-10-25 02:10"))
    assert first.until == datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    second = decide(timing, priority="low", now=datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
    assert second.until == datetime(2026, 10, 25, 1, 45, tzinfo=UTC)


def test_daily_digest_comes_once_when_the_clock_shows_its_time_twice() -> None:
    timing = Timing.read({"digest": {"mode": "daily", "at": "02:30"}}, BERLIN)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert decide(timing, priority="low", now=at("2026-10-25 01:00")).until == first
    assert decide(timing, priority="low", now=first).until == datetime(
        2026, 10, 26, 1, 30, tzinfo=UTC
    )


def test_hourly_digest_comes_at_full_hours_when_the_clock_is_put_by_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    timing = Timing.read({"digest": {"mode": "hourly"}}, zone)
    leapt = decide(timing, priority="low", now=at("2026-10-04 01:10", zone))  # 02:00 is 02:30
    assert leapt.until == at("2026-10-04 03:00", zone).astimezone(UTC)
    put_back = decide(timing, priority="low", now=at("2026-04-05 01:40", zone))  # 02:00 is 01:30
    assert put_back.until == at("2026-04-05 02:00", zone).astimezone(UTC)
