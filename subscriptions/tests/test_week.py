from typing import Any
from zoneinfo import ZoneInfo

import pytest

from subscriptions.timing import DAYS, Timing
from subscriptions.week import Told, week

OFFICE = [{"days": list(DAYS[:5]), "from": "08:00", "until": "18:00"}]
NIGHT = {"from": "22:00", "until": "07:00"}
ALL_DAY = [("at_once", "00:00–24:00")]
NEVER = [("critical", "00:00–24:00")]


def drawn(delivery: dict[str, Any]) -> list[tuple[list[tuple[str, str]], list[str]]]:
    days = week(Timing.read(delivery, ZoneInfo("Australia/Lord_Howe")))
    assert [day.number for day in days] == list(range(7))
    return [([(each.told.value, str(each)) for each in day.stretches], day.clocks) for day in days]


def test_week_is_open_when_nothing_is_set() -> None:
    assert drawn({}) == [(ALL_DAY, [])] * 7


@pytest.mark.parametrize("digest", [None, {"mode": "off"}])
def test_week_shows_when_only_critical_comes(digest: dict[str, str] | None) -> None:
    night = [
        ("critical", "00:00–07:00"),
        ("at_once", "07:00–22:00"),
        ("critical", "22:00–24:00"),
    ]
    assert drawn({"quiet_hours": NIGHT, "digest": digest}) == [(night, [])] * 7


def test_week_shows_windows_of_their_days_and_digests_where_they_get_through() -> None:
    office = [
        ("critical", "00:00–08:00"),
        ("by_digest", "08:00–18:00"),
        ("critical", "18:00–24:00"),
    ]
    delivery = {"windows": OFFICE, "digest": {"mode": "daily", "at": "18:00"}}
    # The digest of 18:00 waits for the next morning, those of the weekend for Monday's.
    days: list[Any] = [(office, ["08:00"])] * 5 + [(NEVER, [])] * 2
    assert drawn(delivery) == days


def test_week_shows_hourly_digests_that_quiet_hours_join() -> None:
    delivery = {"quiet_hours": NIGHT, "digest": {"mode": "hourly"}}
    assert [clocks for _, clocks in drawn(delivery)] == [[f"{h:02}:00" for h in range(7, 22)]] * 7


def test_week_ends_when_nothing_ever_gets_through() -> None:
    quiet = {"from": "00:00", "until": "00:00"}
    delivery = {"quiet_hours": quiet, "digest": {"mode": "hourly"}}
    assert drawn(delivery) == [(NEVER, [])] * 7


def test_day_lists_what_is_alike() -> None:
    day = week(Timing.read({"quiet_hours": NIGHT}, ZoneInfo("UTC")))[0]
    assert [each.length for each in day.of(Told.CRITICAL)] == [420, 120]
