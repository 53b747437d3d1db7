from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.audit import By
from accounts.models import User
from accounts.services import change_profile, change_user
from accounts.tests.factories import make_user
from notifications import claims, rousing, services
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
from subscriptions.preferences import reset, set_preferences

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
    rows = list(Delivery.objects.order_by("pk"))
    assert [row.state for row in rows] == ["delivered"] * 3 + ["expired", "suppressed"]
    assert log_of(rows[3]) == ["held", "expired"]
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


def test_what_is_held_is_looked_at_as_soon_as_preferences_change(ann: User, phone: Any) -> None:
    wish(ann, quiet_hours={"from": "22:00", "until": "07:00"})
    notify(ann, NIGHT)
    assert deliver(NIGHT) == 0
    wish(ann, quiet_hours={"from": "23:00", "until": "06:00"})
    assert rousing.look_again(ann.pk, NIGHT) == 1
    assert deliver(NIGHT) == 0, "it is night by these as well"
    assert held() == [("held", "quiet_hours", SEVEN - timedelta(hours=1))]
    assert log_of(Delivery.objects.get()) == ["held"]
    wish(ann, quiet_hours=None)
    assert (deliver(NIGHT), rousing.look_again(ann.pk, NIGHT), deliver(NIGHT)) == (0, 1, 1)


def held_till_tomorrow(ann: User) -> None:
    hour = datetime.now(UTC).hour
    hours = {"from": f"{hour:02}:00", "until": f"{(hour - 1) % 24:02}:00"}
    wish(ann, timezone="UTC", quiet_hours=hours)
    notify(ann, datetime.now(UTC))
    deliver(datetime.now(UTC))
    [(state, reason, due_at)] = held()
    assert (state, reason) == ("held", "quiet_hours")
    assert due_at
    assert due_at > datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda ann: wish(ann, quiet_hours=None),
        lambda ann: reset(user=ann),
        lambda ann: change_profile(user=ann, timezone="Asia/Tokyo"),
        lambda ann: change_user(user=ann, by=By(user=ann), timezone="Asia/Tokyo"),
    ],
    ids=["preferences", "reset", "profile", "admin"],
)
def test_change_of_hours_or_zone_makes_due_what_is_held(
    ann: User, phone: Any, change: Callable[[User], None]
) -> None:
    held_till_tomorrow(ann)
    change(User.objects.get(pk=ann.pk))
    [(state, _, due_at)] = held()
    assert state == "held"
    assert due_at
    assert due_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "change",
    [
        lambda ann: set_preferences(user=ann, changes={"category": ["alert"], "language": "ru"}),
        lambda ann: wish(ann, timezone="UTC", windows=[]),
        lambda ann: change_profile(user=ann, name="Ann", timezone="UTC"),
    ],
    ids=["other preferences", "the same ones", "a name"],
)
def test_change_of_something_else_leaves_what_is_held(
    ann: User, phone: Any, change: Callable[[User], None]
) -> None:
    wish(ann, windows=[])
    held_till_tomorrow(ann)
    before = held()
    change(User.objects.get(pk=ann.pk))
    assert held() == before


def test_who_is_looking_by_former_preferences_writes_nothing(ann: User, phone: Any) -> None:
    notify(ann, NIGHT)
    [row] = claims.claim(NIGHT, 10)
    assert rousing.look_again(ann.pk, NIGHT) == 1
    assert claims.begin([row], NIGHT) == []
    assert deliver(NIGHT) == 1


def test_parcel_under_way_and_what_people_have_to_decide_stay_as_they_are(
    ann: User, phone: Any
) -> None:
    wish(ann, digest={"mode": "hourly"})
    for number in range(2):
        notify(ann, NIGHT, title=f"news {number}")
    deliver(NIGHT)
    phone.outcomes = [Outcome(Result.RETRY), Outcome(Result.DELIVERED)]
    deliver(NIGHT + timedelta(minutes=30))
    notify(ann, NIGHT, title="undecided")
    Delivery.objects.filter(parcel="").update(state=State.HELD, due_at=None, lease="")
    before = list(Delivery.objects.order_by("pk").values("state", "due_at", "lease"))
    assert rousing.look_again(ann.pk, NIGHT + timedelta(minutes=30)) == 0
    assert list(Delivery.objects.order_by("pk").values("state", "due_at", "lease")) == before
