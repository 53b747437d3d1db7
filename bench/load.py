"""Requests over connections that stay open, each as soon as the last was answered.

Arguments: a port, how many connections, seconds, and a file with a request as JSON: path,
headers, and a body to POST; `{n}` becomes another number each time. Says what came on stdout.
"""

import asyncio
import re
import sys
import time
from collections import Counter
from pathlib import Path

import orjson

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CACHE = re.compile(rb"\r\nx-cache: *(\w+)", re.IGNORECASE)


class Load:
    def __init__(self, path: str, headers: dict[str, str], body: str = "") -> None:
        method = "POST" if body else "GET"
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        self.head, self.body = "\r\n".join(lines), body
        self.number = time.time_ns() % 10**9
        self.took: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.caches: Counter[str] = Counter()

    async def connect(self, port: int, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < end:
            self.number += 1
            begun = time.perf_counter()
            writer.write(self._request())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(LENGTH.findall(head)[0]))
            self.took.append((time.perf_counter() - begun) * 1000)
            self.statuses[head[9:12].decode()] += 1
            self.caches.update(found.decode() for found in CACHE.findall(head))
        writer.close()

    def _request(self) -> bytes:
        body = self.body.replace("{n}", str(self.number))
        length = f"\r\nContent-Length: {len(body)}" if body else ""
        head = self.head.replace("{n}", str(self.number))
        return f"{head}{length}\r\n\r\n{body}".encode()


async def run(load: Load, port: int, connections: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    begun = time.perf_counter()
    await asyncio.gather(*(load.connect(port, end) for _ in range(connections)))
    found = {
        "seconds": time.perf_counter() - begun,
        "took": load.took,
        "statuses": load.statuses,
        "caches": load.caches,
    }
    sys.stdout.write(orjson.dumps(found).decode())


if __name__ == "__main__":
    request = orjson.loads(Path(sys.argv[4]).read_bytes())
    asyncio.run(run(Load(**request), int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
