"""A server of feeds, each at a loopback address of its own, as the crawler minds its manners.

`/N` is feed N with its ETag, and 304 for who has it; `/served` counts the answers.
"""

import asyncio
import sys
from collections import Counter
from hashlib import sha256

from aiohttp import web

from bench.documents import document


def host(number: int) -> str:
    return f"127.9.{number // 250}.{number % 250 + 1}"


class Publisher:
    def __init__(self, count: int) -> None:
        self.feeds = [document(number) for number in range(count)]
        self.tags = [f'"{sha256(body).hexdigest()[:16]}"' for _, body in self.feeds]
        self.served: Counter[int] = Counter()

    async def feed(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        (kind, body), tag = self.feeds[number], self.tags[number]
        if request.headers.get("If-None-Match") == tag:
            self.served[304] += 1
            return web.Response(status=304, headers={"ETag": tag})
        self.served[200] += 1
        return web.Response(body=body, headers={"ETag": tag, "Content-Type": kind})

    async def count(self, _: web.Request) -> web.Response:
        sizes = [len(body) for _, body in self.feeds]
        mean = sum(sizes) / len(sizes)
        return web.json_response({"answers": self.served, "mean_bytes": mean})


async def serve(count: int, port: int) -> None:
    publisher = Publisher(count)
    application = web.Application()
    application.add_routes(
        [web.get(r"/{number:\d+}", publisher.feed), web.get("/served", publisher.count)]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    for address in ["127.0.0.1", *map(host, range(count))]:
        await web.TCPSite(runner, address, port, backlog=16).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
