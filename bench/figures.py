"""What a bench says: one JSON object a line."""

import os
import statistics
import sys
from collections.abc import Sequence

import orjson

FULL = os.environ.get("FULL") == "1"


def size(small: int, full: int) -> int:
    """Choose how much a bench does."""
    return full if FULL else small


def figure(
    name: str,
    value: float,
    unit: str,
    *,
    ratio: float | None = None,
    peer: str | None = None,
    **settings: object,
) -> None:
    """Say a figure; `ratio` is the value divided by the peer's, whichever is better."""
    line = {
        "name": name,
        "value": _short(value),
        "unit": unit,
        "ratio": ratio and _short(ratio),
        "peer": peer,
        "settings": settings,
    }
    _say(line)


def missing(name: str, reason: str) -> None:
    """Say that there is no such figure, and what would help."""
    _say({"name": name, "missing": reason})


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def percentile(values: Sequence[float], percent: int) -> float:
    """Tell the value that `percent` of these do not exceed."""
    if len(values) < 2:
        return max(values, default=0.0)
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
