from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from notifications import claims, services
from notifications.models import Delivery
from notifications.tests.delivering import (
    Scripted,
    deliver,
    log_of,
    make_phone,
    notify,
    spoken_by,
)
from notifications.transports.base import Outcome, Parcel, Result, Size
from subscriptions.preferences import set_preferences

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State
# In Berlin it is 23:30, of the night in which the clocks leap from 2:00 to 3:00.
NIGHT = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
SEVEN = datetime(2026, 3, 29, 5, 0, tzinfo=UTC)  # an hour sooner than on the day before


@pytest.fixture
def ann() -> User:
    ann = make_user("ann@example.org", timezone="Europe/Berlin")
    make_phone(ann)
    return ann


@pytest.fixture
def phone() -> Any:
    with spoken_by(Scripted(Outcome(Result.DELIVERED))) as phone:
        yield phone


def wish(user: User, **delivery: Any) -> None:
    set_preferences(user=user, changes={"delivery": delivery})


def held() -> list[tuple[str, str, datetime | None]]:
    rows = Delivery.objects.filter(due_at__isnull=False).order_by("pk")
    return [(row.state, row.reason, row.due_at) for row in rows]


def titles(parcel: Parcel) -> list[str]:
    return [item.title for item in parcel.items]


def test_quiet_hours_hold_until_they_end_by_the_clock_of_the_reader(ann: User, phone: Any) -> None:
    wish(ann, quiet_hours={"from": "22:00", "until": "07:00"})
    row = notify(ann, NIGHT)
    notify(ann, NIGHT, priority="critical", title="Fire")
    assert deliver(NIGHT) == 1
    assert titles(phone.parcels[0]) == ["Fire"]
    assert held() == [("held", "quiet_hours", SEVEN)]
    row.refresh_from_db()
    assert row.status == "held"
    assert (deliver(SEVEN - timedelta(seconds=1)), deliver(SEVEN)) == (0, 1)
    assert log_of(Delivery.objects.get(notification=row)) == ["held", "delivered"]


def test_digest_is_one_parcel_of_what_was_not_read_recalled_or_over(ann: User, phone: Any) -> None:
    wish(ann, digest={"mode": "daily", "at": "07:00"})
    for number in range(5):
        over = SEVEN - timedelta(hours=1) if number == 3 else None
        row = notify(ann, NIGHT, title=f"news {number}", expires_at=over)
        assert deliver(NIGHT) == 0
        if number == 4:
            services.mark_read(user=ann, ids=[row.pk], now=NIGHT)
    assert {reason for _, reason, _ in held()} == {"digest"}
    assert deliver(SEVEN) == 1
    [parcel] = phone.parcels
    assert (parcel.size, titles(parcel)) == (Size.DIGEST, ["news 0", "news 1", "news 2"])
    found = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert found == ["delivered"] * 3 + ["expired", "suppressed"]
    assert deliver(SEVEN) == 0


def test_digest_whose_worker_died_is_the_same_one_for_the_next(ann: User, phone: Any) -> None:
    wish(ann, digest={"mode": "hourly"})
    for number in range(3):
        notify(ann, NIGHT, title=f"news {number}")
    deliver(NIGHT)
    phone.outcomes = [Outcome(Result.RETRY), Outcome(Result.DELIVERED)]
    soon = NIGHT + timedelta(minutes=30)
    assert deliver(soon) == 1
    notify(ann, soon, title="news of the next hour")
    deliver(soon)
    rows = claims.claim(soon + timedelta(minutes=2), 1)  # and with this one in hand it dies
    claims.begin(rows, soon + timedelta(minutes=2))
    after = soon + timedelta(minutes=10)
    assert deliver(after) == 1
    first, second = phone.parcels
    assert (first.id, titles(first)) == (second.id, titles(second))
    assert len(titles(second)) == 3
    assert [state for state, _, _ in held()] == ["held"]


def test_what_is_over_a_limit_goes_as_one_bundle_when_there_is_room(ann: User, phone: Any) -> None:
    wish(ann, limits={"push": {"count": 2, "minutes": 60}})
    for number in range(5):
        notify(ann, NIGHT, title=f"news {number}")
    assert deliver(NIGHT) == 2
    later = NIGHT + timedelta(hours=1)
    assert held() == [("held", "limit", later)] * 3
    assert (deliver(later - timedelta(minutes=1)), deliver(later)) == (0, 1)
    bundle = phone.parcels[-1]
    assert (bundle.size, titles(bundle)) == (Size.BUNDLE, ["news 2", "news 3", "news 4"])
    notify(ann, later)
    assert deliver(later) == 1, "the bundle counts as one"


@pytest.mark.parametrize("is_read", [False, True])
def test_ladder_waits_and_looks_again_before_each_step(
    ann: User, phone: Any, is_read: bool
) -> None:
    wish(ann, ladder=[{"channel": "push", "after": "20s", "min_priority": "high"}])
    notify(ann, NIGHT, title="not urgent")
    row = notify(ann, NIGHT, title="urgent", priority="high")
    soon = NIGHT + timedelta(seconds=20)
    assert deliver(NIGHT) == 0
    assert held() == [("held", "ladder", soon)]
    if is_read:
        services.mark_read(user=ann, ids=[row.pk], now=NIGHT)
    assert deliver(soon) == (0 if is_read else 1)
    found = dict(Delivery.objects.values_list("reason", "state"))
    assert found == {
        "less_urgent": "suppressed",
        **({"read": "suppressed"} if is_read else {"": "delivered"}),
    }


def test_held_is_asked_again_when_preferences_never_let_it_go(ann: User, phone: Any) -> None:
    wish(ann, quiet_hours={"from": "00:00", "until": "00:00"})
    notify(ann, NIGHT)
    assert deliver(NIGHT) == 0
    wish(ann, quiet_hours=None)
    assert deliver(NIGHT + timedelta(hours=6)) == 1
