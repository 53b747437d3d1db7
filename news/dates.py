"""Read the dates that feeds write, whatever the format they meant to follow."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
_LONGEST = 100  # characters; nothing longer is a date, and patterns stay cheap

# Hours east of Greenwich. RFC 5322 §4.3 reads unknown and military names as UTC.
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5, "AKST": -9, "AKDT": -8, "HST": -10,
    "BRT": -3, "BRST": -2, "ART": -3, "CLT": -4, "CLST": -3, "WET": 0, "WEST": 1, "BST": 1,
    "CET": 1, "MEZ": 1, "MET": 1, "CEST": 2, "MESZ": 2, "MEST": 2, "EET": 2, "SAST": 2,
    "EEST": 3, "MSK": 3, "MSD": 4, "TRT": 3, "EAT": 3, "IRST": 3.5, "GST": 4, "PKT": 5,
    "IST": 5.5, "NPT": 5.75, "ICT": 7, "WIB": 7, "SGT": 8, "HKT": 8, "PHT": 8, "AWST": 8,
    "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip

# The first letters that tell months apart, without accents: English, then what German, French,
# Spanish, Italian, Portuguese, Dutch, Polish and Russian write differently.
_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan ene gen sty янв", "feb fev fevr lut фев", "mar mrt mae мар", "apr avr abr kwi апр",
            "may mai mag mei maj май мая", "jun giu cze июн juin", "jul lug lip июл juil",
            "aug ago aou sie авг", "sep set wrz сен", "oct okt ott out paz окт", "nov lis ноя",
            "dec dez dic gru дек",
        ),
        start=1,
    )
    for prefix in prefixes.split()
}  # fmt: skip

_EPOCH = re.compile(r"(\d{9,10})(?:\d{3}|\.\d+)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)?(.*)")
_TIME = re.compile(
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?(?:\s*([ap])\.?m\b\.?)?", re.I
)
_OFFSET = re.compile(r"\s*\(?(?:GMT|UTC?|Z)?\s*([+-])(\d\d?)(?::?(\d\d))?(?!\d)", re.I)
_ZONE_NAME = re.compile(r"[\s(]*([A-Z]{1,5})\b", re.I)
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|\.|º)?[\s,/-]*(?:(?:de|of)\s)?([^\W\d_]{3,})"
    r"[\s.,/-]*(?:(?:de|of)\s)?(\d{2,4})(?!\d)",
    re.I,
)
_MONTH_DAY = re.compile(
    r"([^\W\d_]{3,})[\s.,-]*(\d{1,2})(?:st|nd|rd|th)?[\s,-]+(?:[A-Z]+\s+)?(\d{4})(?!\d)", re.I
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})(?!\d)")


def parse_date(text: str, now: datetime) -> datetime | None:
    """Read a date in any form feeds use; a missing zone means UTC.

    None when there is none, before 1990, and more than 5 minutes after `now`. Never raises.
    Sources: RFC 822, 2822 and 5322 §3.3 and §4.3, RFC 3339, W3C-DTF, ISO 8601, asctime, epochs.
    """
    if not text or len(text) > _LONGEST:
        return None
    try:
        moment = _read(" ".join(text.split()))
    except (ValueError, OverflowError):  # February 30th, year 0, a zone that leaves year 9999
        return None
    is_believable = moment is not None and OLDEST <= moment <= now + CLOCK_SKEW
    return moment if is_believable else None


@lru_cache(maxsize=8192)  # a document is read again and again, mostly with the same dates
def _read(text: str) -> datetime | None:
    if match := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC)
    return _read_iso(text) or _read_compact(text) or _read_loose(text)


def _read_iso(text: str) -> datetime | None:
    if not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_compact(text: str) -> datetime | None:
    match = _COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    clock = timedelta(hours=hour, minutes=minute, seconds=second)
    return datetime(year, month, day, tzinfo=UTC) + clock - _offset(match[7])


def _read_loose(text: str) -> datetime | None:
    """Take the time of day out, then look for a date in what is left."""
    match = _TIME.search(text)
    if match is None:
        return _find_date(text)
    day = _find_date(f"{text[: match.start()]} {text[match.end() :]}")
    return day and day + _clock(match) - _offset(text[match.end() :])


def _clock(match: re.Match[str]) -> timedelta:
    """Count from midnight, so that 24:00 and second 60 are simply the next day and minute."""
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(match[0])
    if match[5]:
        hour = hour % 12 + (12 if match[5] in "pP" else 0)
    microseconds = int((match[4] or "0").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microseconds)


def _offset(text: str) -> timedelta:
    if match := _OFFSET.match(text):
        span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return -span if match[1] == "-" else span
    name = _ZONE_NAME.match(text)
    return timedelta(hours=_ZONES.get(name[1].upper(), 0) if name else 0)


def _find_date(text: str) -> datetime | None:
    if match := _YEAR_FIRST.match(text):
        return datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
    for match in _DAY_MONTH.finditer(text):
        if month := _month(match[2]):
            return datetime(_full_year(match[3]), month, int(match[1]), tzinfo=UTC)
    for match in _MONTH_DAY.finditer(text):
        if month := _month(match[1]):
            return datetime(int(match[3]), month, int(match[2]), tzinfo=UTC)
    return _find_numbers(text)


def _find_numbers(text: str) -> datetime | None:
    """Read 29.6.2016 and 29/6/2016 as day first, 6/29/2016 and 6/7/2016 as month first."""
    match = _NUMBERS.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    is_day_first = match[2] == "." or first > 12
    day, month = (first, second) if is_day_first else (second, first)
    return datetime(year, month, day, tzinfo=UTC)


def _month(name: str) -> int | None:
    # Й keeps its mark: without it май would lose the letter that the table has.
    letters = unicodedata.normalize("NFKD", name.lower().replace("й", "\0"))
    plain = "".join(c for c in letters if not unicodedata.combining(c)).replace("\0", "й")
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3])


def _full_year(digits: str) -> int:
    """RFC 2822 §4.3: 00 to 49 are 20xx, 50 to 99 and three digits count from 1900."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if len(digits) == 2 and year < 50 else 1900)
