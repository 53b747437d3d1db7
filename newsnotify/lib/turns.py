"""Work that one thread of a process does at a time, however many are asked to."""

import threading
from collections.abc import Callable


class Turn:
    """Whoever comes while the work is being done leaves it to who does it, to do once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_wanted = False

    def take(self, work: Callable[[], object]) -> None:
        """Do the work, unless another thread does: it begins anew when it is done, then.

        So what became due before the call is looked at after it, by whichever thread.
        """
        self._is_wanted = True
        while self._is_wanted and self._lock.acquire(blocking=False):
            try:
                self._is_wanted = False
                work()
            finally:
                self._lock.release()
