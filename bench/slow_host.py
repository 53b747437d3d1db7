"""One host with very many feeds that takes its time: each request waits for two seconds.

Argument: the port. `/N` is a feed of one entry; `/served` tells how many requests came so far,
and how many of them at most waited at once. It is slow, too.
"""

import sys
import time
from collections import deque

import orjson

from bench import hosts

ADDRESS = "127.8.0.1"
WAIT_SECONDS = 2.0


class SlowHost:
    def __init__(self) -> None:
        self._waiting: deque[float] = deque()  # since when
        self._count = self._most = 0

    def answer(self, path: bytes, _: bytes) -> bytes:
        if path == b"/served":
            told = {"requests": self._count, "at_once": self._most}
            return hosts.response({"Content-Type": "application/json"}, orjson.dumps(told))
        self._count += 1
        self._wait(time.monotonic())
        return hosts.response({"Content-Type": "application/rss+xml"}, _feed(path.decode()))

    def _wait(self, moment: float) -> None:
        while self._waiting and moment - self._waiting[0] >= WAIT_SECONDS:
            self._waiting.popleft()
        self._waiting.append(moment)
        self._most = max(self._most, len(self._waiting))


def _feed(path: str) -> bytes:
    return (
        f'<rss version="2.0"><channel><title>Feed {path}</title><item><title>All there is</title>'
        f"<link>https://slow.example{path}/1</link></item></channel></rss>"
    ).encode()


if __name__ == "__main__":
    hosts.serve(SlowHost().answer, [ADDRESS], int(sys.argv[1]), WAIT_SECONDS)
