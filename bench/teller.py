"""The worker of the fan-out bench: tells of everything that is due, then says how it went.

A process of its own, because it is killed.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import orjson
from django.utils import timezone

from notifications import fanout
from notifications.models import Event, Lane

WORKERS = 2


def main() -> None:
    chunks_ms = _time_chunks()
    begun = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as threads:  # as a Celery worker has them
        told = sum(threads.map(lambda _: _tell(), range(WORKERS)))
    found = {"told": told, "begun": begun, "ended": time.monotonic(), "chunks_ms": chunks_ms}
    sys.stdout.write(orjson.dumps(found).decode())


def _tell() -> int:
    told = 0
    while Event.objects.filter(fanned_out_at=None).exists():  # a killed one's lease must end
        told += fanout.fan_out_due(timezone.now())
        time.sleep(0.02)
    return told


def _time_chunks() -> list[float]:
    """Time every transaction, its commit included."""
    took: list[float] = []
    tell = fanout._tell_chunk

    def timed(lane: Lane, now: datetime) -> int:
        begun = time.perf_counter()
        count = tell(lane, now)
        took.append((time.perf_counter() - begun) * 1000)
        return count

    fanout._tell_chunk = timed
    return took
