import asyncio

import pytest

from newsnotify.lib.outbound.deadlines import Deadlines

pytestmark = pytest.mark.anywhere
SOON, LATE = 0.02, 60.0


async def outcome_within(deadlines: Deadlines, seconds: float, work: float) -> str:
    try:
        with deadlines.within(seconds):
            await asyncio.sleep(work)
    except TimeoutError:
        return "late"
    return "done"


def test_deadline_strikes_those_alone_whose_moment_has_come() -> None:
    async def run() -> list[str]:
        deadlines = Deadlines()
        bounds = [(LATE, 0), (SOON, LATE), (LATE, 3 * SOON), (2 * SOON, LATE), (SOON, 0)]
        return await asyncio.gather(*(outcome_within(deadlines, *each) for each in bounds))

    assert asyncio.run(run()) == ["done", "late", "done", "late", "done"]


def test_deadline_goes_on_when_another_had_ended_before() -> None:
    async def run() -> list[str]:
        deadlines = Deadlines()
        return [await outcome_within(deadlines, SOON, LATE) for _ in range(3)]

    assert asyncio.run(run()) == ["late"] * 3


@pytest.mark.parametrize(("outer", "inner", "told"), [(SOON, LATE, "outer"), (LATE, SOON, "inner")])
def test_deadline_is_told_where_it_was_set_when_two_are_nested(
    outer: float, inner: float, told: str
) -> None:
    async def run() -> str:
        deadlines = Deadlines()
        try:
            with deadlines.within(outer):
                try:
                    with deadlines.within(inner):
                        await asyncio.sleep(LATE)
                except TimeoutError:
                    return "inner"
        except TimeoutError:
            return "outer"
        return "none"

    assert asyncio.run(run()) == told


def test_cancelling_stays_cancelling_when_the_deadline_strikes_as_well() -> None:
    async def run() -> None:
        deadlines = Deadlines()
        task = asyncio.create_task(outcome_within(deadlines, LATE, LATE))
        await asyncio.sleep(0)
        [deadline] = deadlines._running
        deadline.strike()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
