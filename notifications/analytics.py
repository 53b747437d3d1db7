"""What the house did day by day, for those who run it.

Days are those of UTC. Nothing here counts notifications: an event knows how many were told of it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from news.models import Fetch, Outcome
from notifications.models import Delivery, Event

MOST_DAYS = 90
KEPT_SECONDS = 3600  # a past day hardly changes; the present one is counted each time
CRAWLED = (Outcome.NEW, Outcome.UNCHANGED, Outcome.NOT_MODIFIED)
DELIVERED = (Delivery.State.SENT, Delivery.State.DELIVERED)
FAILED = (Delivery.State.DEAD, Delivery.State.BOUNCED)
NUMBERS = ("crawled", "new", "notified", "delivered", "failed")

Counts = dict[str, Any]


def overview(*, days: int, now: datetime) -> dict[str, Any]:
    """Count what was crawled, new, told and delivered on each of the last days, newest first."""
    today = now.astimezone(UTC).date()
    dates = [today - timedelta(days=number) for number in range(days)]
    known = cache.get_many([_key(each) for each in dates[1:]])
    missing = [each for each in dates if _key(each) not in known]
    counted = _counted(missing)
    past = {_key(each): counts for each, counts in counted.items() if each != today}
    cache.set_many(past, KEPT_SECONDS)
    known |= {_key(each): counts for each, counts in counted.items()}
    shown = [{"date": each, **known[_key(each)]} for each in dates]
    return {"days": shown, "totals": _total(shown)}


def _counted(dates: list[date]) -> dict[date, Counts]:
    start = datetime.combine(min(dates), time(0), UTC)
    found = {each: _nothing() for each in dates}
    fetches = Fetch.objects.filter(started_at__gte=start, outcome__in=CRAWLED)
    numbers = {"crawled": Count("pk"), "new": Sum("new_count")}
    for day, crawled, new in _by_day(fetches, "started_at", **numbers):
        if day in found:
            found[day] |= {"crawled": crawled, "new": new}
    events = Event.objects.filter(fanned_out_at__gte=start)
    for day, told in _by_day(events, "fanned_out_at", told=Sum("told_count")):
        if day in found:
            found[day]["notified"] = told
    ended = Delivery.objects.filter(ended_at__gte=start, state__in=(*DELIVERED, *FAILED))
    for kind, state, day, count in _by_day(ended, "ended_at", "kind", "state", count=Count("pk")):
        if day in found:
            _add(found[day], kind, "delivered" if state in DELIVERED else "failed", count)
    return found


def _by_day(rows: Any, column: str, *by: str, **numbers: Any) -> Iterable[Any]:
    days = rows.annotate(day=TruncDate(column, tzinfo=UTC)).values(*by, "day")
    return days.annotate(**numbers).order_by().values_list(*by, "day", *numbers)  # type: ignore[no-any-return]


def _nothing() -> Counts:
    return {**dict.fromkeys(NUMBERS, 0), "by_channel": {}}


def _add(counts: Counts, kind: str, name: str, count: int) -> None:
    counts[name] += count
    counts["by_channel"].setdefault(kind, {"delivered": 0, "failed": 0})[name] += count


def _total(days: list[Counts]) -> Counts:
    total = _nothing()
    for day in days:
        for name in ("crawled", "new", "notified"):
            total[name] += day[name]
        for kind, ends in day["by_channel"].items():
            for name, count in ends.items():
                _add(total, kind, name, count)
    return total


def _key(day: date) -> str:
    return f"overview:{day}"
