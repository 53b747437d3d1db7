"""The product in one process, as `manage.py up` serves it; a line on its stdin rings the bell.

In there the broker is the process's own memory, and a bell rings nowhere else.
"""

import sys
import threading

from newsnotify import one_process
from newsnotify.lib import doorbell


def main() -> None:
    threading.Thread(target=_ring, name="bench", daemon=True).start()
    one_process.serve([one_process.bind("127.0.0.1", 0)])


def _ring() -> None:
    for _ in sys.stdin:
        doorbell.ring("news.crawl_due_sources")
