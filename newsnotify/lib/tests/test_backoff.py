from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsnotify.lib.backoff import exponential, jittered

SECOND = timedelta(seconds=1)


def test_exponential_doubles_when_attempts_repeat() -> None:
    waits = [exponential(n, first=SECOND, ceiling=5 * SECOND) for n in range(5)]
    assert waits == [SECOND, SECOND, 2 * SECOND, 4 * SECOND, 5 * SECOND]


@given(st.integers(0, 10**9))
def test_exponential_never_passes_the_ceiling_when_attempts_are_many(count: int) -> None:
    assert SECOND <= exponential(count, first=SECOND, ceiling=60 * SECOND) <= 60 * SECOND


@given(st.floats(0, 1, exclude_max=True))
def test_jittered_stays_within_its_share_when_chance_plays(random: float) -> None:
    assert 8 * SECOND <= jittered(10 * SECOND, 0.2, random) <= 12 * SECOND
