"""What a process and those it started use, read from `/proc`."""

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*pids: int) -> float:
    """Add up the CPU time of processes, our own if none is named, and of all they started."""
    return sum(_cpu(pid) for first in pids or (os.getpid(),) for pid in _family(first))


def peak_bytes(*pids: int) -> int:
    """Add up the most memory that each of them ever held."""
    return sum(_peak(pid) for first in pids or (os.getpid(),) for pid in _family(first))


def _family(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # of a thread that has just ended
            for child in path.read_text(encoding="ascii").split():
                found += _family(int(child))
    return found


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS  # utime, stime and those of children reaped


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
