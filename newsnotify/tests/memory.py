"""How much memory a process and its children hold, as the system tells it."""

import contextlib
import os
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType

import pytest

PROC = Path("/proc")
EVERY_SECONDS = 0.1


class MemoryWatch:
    """Looks again and again while it is entered; `most_bytes` is what it saw at once."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most_bytes = pid, 0
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        if not (PROC / "self" / "statm").exists():
            pytest.skip("needs Linux, where /proc tells what processes hold")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._has_ended.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._has_ended.wait(EVERY_SECONDS):
            self.most_bytes = max(self.most_bytes, sum(map(_held_bytes, _family(self.pid))))


def _family(pid: int) -> list[int]:
    """List a process, its children, theirs, and so on."""
    children = defaultdict(list)
    for entry in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = entry.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found


def _held_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        pages = (PROC / str(pid) / "statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
