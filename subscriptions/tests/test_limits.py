from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.limits import Limit, throttle
from subscriptions.timing import Decision, Reason

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIMIT = Limit.read({"count": 2, "minutes": 60})


def ago(*minutes: int) -> list[datetime]:
    return [NOON - timedelta(minutes=each) for each in minutes]


def test_message_goes_while_the_limit_is_not_reached() -> None:
    for went_at in ([], ago(10), ago(10, 60), ago(70, 80, 90)):
        assert throttle(LIMIT, priority="high", went_at=went_at, now=NOON).may_go


def test_message_waits_for_the_bundle_until_the_span_has_room() -> None:
    until = NOON + timedelta(minutes=20)
    held = Decision(Reason.LIMIT, until)
    assert throttle(LIMIT, priority="high", went_at=ago(10, 40), now=NOON) == held
    assert throttle(LIMIT, priority="high", went_at=ago(10, 40, 50), now=NOON) == held
    assert throttle(LIMIT, priority="high", went_at=ago(10, 40), now=until).may_go


def test_message_goes_whatever_went_when_it_is_critical_or_nobody_limits() -> None:
    assert throttle(LIMIT, priority="critical", went_at=ago(1, 2, 3), now=NOON).may_go
    assert throttle(None, priority="low", went_at=ago(*range(50)), now=NOON).may_go


@given(
    arrivals=st.lists(st.integers(0, 600), max_size=60),
    count=st.integers(1, 5),
    minutes=st.integers(1, 120),
)
def test_no_span_ever_has_more_than_the_limit_and_nothing_is_lost(
    arrivals: list[int], count: int, minutes: int
) -> None:
    limit, waiting = Limit(count, timedelta(minutes=minutes)), 0
    told, went_at = 0, list[datetime]()
    for minute in range(600 + 2 * 120):
        now = NOON + timedelta(minutes=minute)
        waiting += arrivals.count(minute)
        if waiting and throttle(limit, priority="low", went_at=went_at, now=now).may_go:
            went_at.append(now)
            told, waiting = told + waiting, 0
    assert (told, waiting) == (len(arrivals), 0)
    for start in went_at:
        assert sum(start <= each < start + limit.span for each in went_at) <= count
