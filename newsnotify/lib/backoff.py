"""How long to wait: growing after failures, and never all at the same moment.

Chance comes in as an argument, `random`, a number from 0 up to 1.
"""

from datetime import timedelta


def exponential(attempt_count: int, *, first: timedelta, ceiling: timedelta) -> timedelta:
    """Double the wait with every attempt: `first` after the first one, at most `ceiling`."""
    doublings = min(max(attempt_count - 1, 0), 62)  # beyond, timedelta itself overflows
    return min(ceiling, timedelta(seconds=min(first.total_seconds() * 2**doublings, 1e9)))


def jittered(span: timedelta, share: float, random: float) -> timedelta:
    """Spread a span evenly by up to `share` to either side: 0.1 is ±10 %."""
    return span * (1 + share * (2 * random - 1))
