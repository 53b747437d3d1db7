from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.dates import parse_date

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
NOON = datetime(2016, 6, 29, 12, 34, 56, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 29 Jun 2016 12:34:56 GMT",
        "Wed, 29 Jun 2016 12:34:56 +0000",
        "Mon, 29 Jun 2016 12:34:56 UT",  # it was a Wednesday
        "29 Jun 16 12:34:56 Z",
        "Wednesday, 29-Jun-16 12:34:56 GMT",  # RFC 850
        "Wed Jun 29 12:34:56 2016",  # asctime
        "Wed Jun 29 05:34:56 PDT 2016",
        "Wed, 29 June 2016 08:34:56 EDT",
        "Wed, 29 Jun 2016 07:34:56 EST",
        "Wed, 29 Jun 2016 13:34:56 CET",
        "Wed, 29 Jun 2016 14:34:56 CEST",
        "Wed, 29 Jun 2016 18:04:56 IST",
        "Wed, 29 Jun 2016 15:34:56 MSK",
        "Wed, 29 Jun 2016 21:34:56 JST",
        "Wed, 29 Jun 2016 12:34:56 A",  # a military zone means UTC: RFC 5322 §4.3
        "Wed, 29 Jun 2016 13:34:56 GMT+0100",
        "mié, 29 jun. 2016 14:34:56 +0200",
        "Mi, 29 Juni 2016 14:34:56 MESZ",
        "29 июня 2016 15:34:56 +0300",
        "June 29, 2016 12:34:56 PM",
        "29.06.2016 12:34:56",
        "2016-06-29T12:34:56Z",
        "2016-06-29t12:34:56z",
        "2016-06-29T18:04:56+05:30",
        "2016-06-29T07:34:56-0500",
        "2016-06-29 12:34:56",
        "2016-06-29 12:34:56 UTC",
        "2016/6/29 12:34:56",
        "20160629T123456Z",
        "20160629123456",
        "1467203696",
        "1467203696000",
        "  Wed,\n29  Jun 2016\t12:34:56   GMT ",
    ],
)
def test_date_is_read_when_written_as_feeds_do(text: str) -> None:
    assert parse_date(text, NOW) == NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016/6/29", datetime(2016, 6, 29, tzinfo=UTC)),
        ("2016-06-29", datetime(2016, 6, 29, tzinfo=UTC)),
        ("2016-06", datetime(2016, 6, 1, tzinfo=UTC)),
        ("2016", datetime(2016, 1, 1, tzinfo=UTC)),
        ("20160629", datetime(2016, 6, 29, tzinfo=UTC)),
        ("Jun 29 2016", datetime(2016, 6, 29, tzinfo=UTC)),
        ("29 Jun 2016 12:34 GMT", datetime(2016, 6, 29, 12, 34, tzinfo=UTC)),
        ("29 Jun 99 12:34 GMT", datetime(1999, 6, 29, 12, 34, tzinfo=UTC)),
        ("2016-06-29T12:34:56.5Z", NOON.replace(microsecond=500_000)),
        ("2016-06-29T24:00:00Z", datetime(2016, 6, 30, tzinfo=UTC)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2017, 1, 1, tzinfo=UTC)),
        ("6/29/2016 10:00 PM", datetime(2016, 6, 29, 22, 0, tzinfo=UTC)),
        ("12:15 AM, 29 Jun 2016", datetime(2016, 6, 29, 0, 15, tzinfo=UTC)),
    ],
)
def test_date_is_completed_when_parts_are_missing_or_odd(text: str, expected: datetime) -> None:
    assert parse_date(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tomorrow",
        "30 Feb 2016 10:00 GMT",
        "29 Jun 2016 25:00 GMT",
        "99999999999",
        "²",
        "x" * 5000,
    ],
)
def test_date_is_none_when_it_cannot_be_read(text: str) -> None:
    assert parse_date(text, NOW) is None


def test_date_is_none_when_before_1990() -> None:
    assert parse_date("Sun, 31 Dec 1989 23:59:59 GMT", NOW) is None
    assert parse_date("Mon, 01 Jan 1990 00:00:00 GMT", NOW) is not None


def test_date_is_none_when_more_than_five_minutes_ahead() -> None:
    near, far = NOW + timedelta(minutes=5), NOW + timedelta(minutes=5, seconds=1)
    assert parse_date(near.isoformat(), NOW) == near
    assert parse_date(far.isoformat(), NOW) is None


@given(st.text(max_size=60) | st.from_regex(r"[0-9:/ T+.-]{1,40}"))
def test_date_is_aware_or_none_when_the_text_is_anything(text: str) -> None:
    moment = parse_date(text, NOW)
    assert moment is None or moment.utcoffset() == timedelta()


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 1, 1)))  # noqa: DTZ001 - hypothesis wants them naive
def test_date_comes_back_when_written_by_the_standard_library(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    assert parse_date(aware.strftime("%a, %d %b %Y %H:%M:%S GMT"), NOW) == aware
    assert parse_date(aware.isoformat(), NOW) == aware
