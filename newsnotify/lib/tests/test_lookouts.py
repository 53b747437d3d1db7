import threading

import pytest

from newsnotify.lib.lookouts import Lookout


def test_answer_is_kept_when_it_is_fresh() -> None:
    seen = iter(range(9))
    lookout = Lookout(lambda: next(seen), keep_seconds=60)
    assert [lookout.answer(), lookout.answer()] == [0, 0]
    lookout.forget()
    assert lookout.answer() == 1


def test_answer_is_new_when_nothing_is_kept() -> None:
    seen = iter(range(9))
    lookout = Lookout(lambda: next(seen))
    assert [lookout.answer(), lookout.answer()] == [0, 1]


def test_answer_raises_what_ailed_the_look() -> None:
    lookout = Lookout(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        lookout.answer()


def test_one_thread_alone_waits_when_a_look_hangs() -> None:
    may_end, looks = threading.Event(), []

    def look() -> str:
        looks.append(1)
        may_end.wait(10)
        return "at last"

    lookout = Lookout(look, keep_seconds=60, wait_seconds=0.05)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            lookout.answer()
    assert len(looks) == 1
    seen = lookout.start()
    may_end.set()
    assert seen.result(timeout=10) == lookout.answer() == "at last"
