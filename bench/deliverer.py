"""The worker of the deliveries bench: delivers all that is due, then says how it went.

A process of its own, so that its CPU and its memory are its own.
"""

import sys
import threading
import time
from pathlib import Path

import orjson
from django.utils.timezone import now

from bench.usage import cpu_seconds
from notifications.deliver import deliver_due
from notifications.fanout import fan_out_due


def main() -> None:
    warm_bytes = list[int]()
    threading.Thread(target=_watch, args=(warm_bytes,), daemon=True).start()
    told = fan_out_due(now())
    begun, cpu = time.monotonic(), cpu_seconds()
    sent = deliver_due(now)
    found = {
        "told": told,
        "sent": sent,
        "begun": begun,
        "seconds": time.monotonic() - begun,
        "cpu_seconds": cpu_seconds() - cpu,
        "memory_bytes": warm_bytes,
    }
    sys.stdout.write(orjson.dumps(found).decode())


def _watch(seen: list[int]) -> None:
    while True:
        seen.append(_resident())
        time.sleep(1)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
