from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.records import Failure, FailureKind, Reading, SourceState
from news.crawl.schedule import asked_wait, failure_wait, freshness, is_gone, next_interval, rhythm

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
MIDDLE = 0.5  # chance that changes nothing
HOUR = timedelta(hours=1)


def state(*hours_ago: float, **changes: object) -> SourceState:
    dates = [NOW - timedelta(hours=hours) for hours in hours_ago]
    newest_at = max(dates, default=None)
    return SourceState(
        is_first_crawl=False,
        rhythm=rhythm(dates, NOW),
        newest_at=newest_at,
        **changes,  # type: ignore[arg-type]
    )


def wait(source: SourceState, **hints: object) -> timedelta:
    return next_interval(source, now=NOW, random=MIDDLE, **hints)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (state(1, 5, 9), 2 * HOUR),  # half of four hours
        (state(0, 0.1, 0.2), timedelta(minutes=15)),  # the floor
        (state(0, 48, 96), 6 * HOUR),  # the ceiling
        (state(24 * 24, 24 * 24 + 1), 12 * HOUR),  # silent for 24 days
        (state(24 * 400, 24 * 401), 24 * HOUR),  # silent for more than a year
        (state(), HOUR),
        (state(1, 5, 9, interval=timedelta(seconds=60)), timedelta(seconds=60)),
    ],
)
def test_interval_follows_the_articles_when_nothing_else_is_asked(
    source: SourceState, expected: timedelta
) -> None:
    assert wait(source) == expected


def test_interval_is_longer_when_the_answer_asks_for_it() -> None:
    assert wait(state(1, 5, 9), asked=3 * HOUR) == 3 * HOUR
    assert wait(state(1, 5, 9), asked=30 * HOUR) == 24 * HOUR
    assert wait(state(1, 5, 9), asked=HOUR) == 2 * HOUR


def test_interval_ends_after_skipped_hours_when_it_would_end_in_one() -> None:
    assert wait(state(1, 5, 9), skip_hours=frozenset({14, 15})) == 4 * HOUR
    assert wait(state(1, 5, 9), skip_hours=frozenset(range(24))) == 2 * HOUR


@given(st.floats(0, 1, exclude_max=True))
def test_interval_stays_within_a_tenth_when_chance_plays(random: float) -> None:
    spread = next_interval(state(1, 5, 9), now=NOW, random=random)
    assert 1.8 * HOUR <= spread <= 2.2 * HOUR
    assert next_interval(state(0, 0.1), now=NOW, random=random) >= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("count", "minutes"), [(0, 15), (1, 30), (3, 120), (7, 1440), (5000, 1440)]
)
def test_failure_wait_doubles_when_failures_repeat(count: int, minutes: int) -> None:
    failure = Failure(FailureKind.NETWORK, "No answer.")
    source = state(failure_count=count)
    assert failure_wait(source, failure, random=MIDDLE) == timedelta(minutes=minutes)
    assert failure_wait(source, failure, random=0) == timedelta(minutes=minutes) * 0.8


def test_failure_wait_is_what_the_server_asks_when_it_is_busy() -> None:
    busy = Failure(FailureKind.BUSY, "Too many requests.", 429, retry_after=2 * HOUR)
    assert failure_wait(state(failure_count=6), busy, random=MIDDLE) == 2 * HOUR


def test_source_is_gone_when_410_comes_again_a_day_later() -> None:
    gone = Failure(FailureKind.GONE, "Gone.", 410)
    assert not is_gone(state(), gone, NOW)
    assert not is_gone(state(gone_at=NOW - 23 * HOUR), gone, NOW)
    assert is_gone(state(gone_at=NOW - 24 * HOUR), gone, NOW)
    assert not is_gone(state(gone_at=NOW - 48 * HOUR), Failure(FailureKind.HTTP, "x", 404), NOW)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, timedelta(seconds=600)),
        ({"cache-control": "s-maxage=9, max-age=0"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"expires": "Fri, 01 May 2026 13:00:00 GMT"}, HOUR),
        ({"expires": "Fri, 01 May 2026 13:00:00 GMT", "cache-control": "max-age=60"}, HOUR / 60),
        ({"expires": "1 May 2026 10:00:00 GMT", "date": "1 May 2026 08:00:00 GMT"}, 2 * HOUR),
        ({"expires": "-1"}, None),
    ],
)  # fmt: skip
def test_freshness_is_read_when_an_answer_states_it(
    headers: dict[str, str], expected: timedelta | None
) -> None:
    assert freshness(headers, NOW) == expected


def test_asked_wait_is_the_longest_when_several_are_stated() -> None:
    feed = Reading(title="", site_url="", records=(), memory=b"", ttl=2 * HOUR)
    assert asked_wait({"cache-control": "max-age=60"}, feed, NOW) == 2 * HOUR
    assert asked_wait({"cache-control": "max-age=999999"}, None, NOW) == 24 * HOUR
    assert asked_wait({}, None, NOW) is None
