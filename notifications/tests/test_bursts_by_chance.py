"""Articles of two sources at any times, failing attempts, dying workers: each goes once."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tests.factories import make_user
from news.models import Source
from news.tests.factories import NOW, make_source
from notifications import bursts, claims
from notifications.ledger import balance
from notifications.models import Delivery
from notifications.tests.bursting import publish, titles
from notifications.tests.delivering import Scripted, deliver, make_phone, spoken_by
from notifications.tests.factories import follow
from notifications.transports.base import Outcome, Parcel, Result

pytestmark = pytest.mark.django_db(transaction=True)

DONE = Outcome(Result.DELIVERED)
FAILS = Outcome(Result.RETRY, 503, "It answered 503.")
MINUTE = timedelta(minutes=1)


class Unsteady(Scripted):
    """Fails as often as a test says, at most once for each parcel; notes what went when."""

    def __init__(self, failures: int) -> None:
        super().__init__(DONE)
        self.failures = failures
        self.sent: list[tuple[datetime, Parcel]] = []

    async def send(self, parcel: Parcel) -> Outcome:
        if self.failures and parcel.attempt == 1:
            self.failures -= 1
            return FAILS
        assert parcel.sent_at
        self.sent.append((parcel.sent_at, parcel))
        return DONE


class Arrival(NamedTuple):
    minute: int
    source: int
    priority: str


ARRIVALS = st.lists(
    st.builds(
        Arrival,
        st.integers(0, 25),
        st.integers(0, 1),
        st.sampled_from(["low", "medium", "medium", "critical"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=12, deadline=None, database=None)
@given(arrivals=ARRIVALS, failures=st.integers(0, 2), deaths=st.sets(st.integers(0, 7), max_size=1))
def test_whenever_they_come_each_goes_exactly_once(
    arrivals: list[Arrival], failures: int, deaths: set[int]
) -> None:
    ann, sources = make_user(), [make_source(), make_source()]
    follow(ann, *sources)
    make_phone(ann)
    with spoken_by(Unsteady(failures)) as phone:
        assert isinstance(phone, Unsteady)
        came = _live_through(ann, sources, sorted(arrivals), deaths)
    rows = Delivery.objects.filter(user=ann)
    assert [row.state for row in rows] == ["delivered"] * len(arrivals)
    went = [item.title for _, parcel in phone.sent for item in parcel.items]
    assert sorted(went) == sorted(came)
    assert balance(NOW).difference == 0
    if not (failures or deaths & set(range(len(arrivals)))):
        _check_times(phone, came)


def _live_through(
    ann: User, sources: list[Source], arrivals: list[Arrival], deaths: set[int]
) -> dict[str, tuple[datetime, Arrival]]:
    """Publish at these times and deliver whenever something is due; some workers die."""
    came: dict[str, tuple[datetime, Arrival]] = {}
    open_rows = Delivery.objects.filter(user=ann, due_at__isnull=False)
    left, now = list(enumerate(arrivals)), NOW
    while left or open_rows.exists():
        due = [at for at in open_rows.values_list("due_at", flat=True) if at]
        if left:
            due.append(NOW + left[0][1].minute * MINUTE)
        now = max(now, min(due))
        while left and NOW + left[0][1].minute * MINUTE <= now:
            number, arrival = left.pop(0)
            title = f"{arrival.source} {number}"
            publish(sources[arrival.source], title, now, priority=arrival.priority)
            came[title] = (now, arrival)
            if number in deaths:
                claims.begin(claims.claim(now, 10), now)
        deliver(now)
    return came


def _check_times(phone: Unsteady, came: dict[str, tuple[datetime, Arrival]]) -> None:
    """Without failures: urgent news at once, other news soon, and no two lists within minutes."""
    lists: dict[int, datetime] = {}
    for at, parcel in phone.sent:
        found = [came[title] for title in titles(parcel)]
        [source] = {arrival.source for _, arrival in found}
        if {arrival.priority for _, arrival in found} == {"critical"}:
            assert [came_at for came_at, _ in found] == [at]
            continue
        assert all(timedelta(0) <= at - came_at <= bursts.SPAN for came_at, _ in found)
        assert at - lists.get(source, at - bursts.SPAN) >= bursts.SPAN
        lists[source] = at
