import threading

import pytest

from newsnotify.lib.turns import Turn

PATIENCE_SECONDS = 10


def test_work_is_done_once_more_when_asked_for_meanwhile() -> None:
    turn, begun, may_end, count = Turn(), threading.Event(), threading.Event(), 0

    def work() -> None:
        nonlocal count
        count += 1
        begun.set()
        assert may_end.wait(PATIENCE_SECONDS)

    worker = threading.Thread(target=turn.take, args=[work])
    worker.start()
    assert begun.wait(PATIENCE_SECONDS)
    for _ in range(5):
        turn.take(work)  # returns at once, though the work has not ended
    assert count == 1
    may_end.set()
    worker.join(PATIENCE_SECONDS)
    assert count == 2


def test_turn_is_free_again_when_the_work_failed() -> None:
    turn, done = Turn(), []
    with pytest.raises(ZeroDivisionError):
        turn.take(lambda: 1 / 0)
    turn.take(lambda: done.append(1))
    assert done == [1]
