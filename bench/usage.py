"""What a process and those it started use, read from `/proc`."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int | None = None) -> float:
    """Add up the CPU time of a process, its children and those already gone."""
    return sum(_cpu(pid) for pid in _family(pid or os.getpid()))


def peak_bytes(pid: int | None = None) -> int:
    """Add up the most memory that each of them ever held."""
    return sum(_peak(pid) for pid in _family(pid or os.getpid()))


def _family(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
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
