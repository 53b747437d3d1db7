"""The crawler that one writes first: aiohttp and feedparser, and nothing is kept but ETags.

Arguments: a file with URLs, and one for the ETags. Says how many seconds it took.
"""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp
import feedparser
import orjson

AT_ONCE = 100


async def crawl(urls: list[str], tags: dict[str, str]) -> int:
    """Fetch and parse all; returns how many entries there were. `tags` are used and filled."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def bring(url: str) -> int:
        async with slots, session.get(url, headers=_asking(tags.get(url))) as answer:
            body = await answer.read()
        if answer.status == 304:
            return 0
        tags[url] = answer.headers["ETag"]
        return len(feedparser.parse(body).entries)

    async with aiohttp.ClientSession() as session:
        return sum(await asyncio.gather(*map(bring, urls)))


def _asking(tag: str | None) -> dict[str, str]:
    return {"If-None-Match": tag} if tag else {}


def main(urls: Path, kept: Path) -> None:
    tags = orjson.loads(kept.read_bytes()) if kept.exists() else {}
    begun = time.perf_counter()
    asyncio.run(crawl(urls.read_text(encoding="ascii").split(), tags))
    kept.write_bytes(orjson.dumps(tags))
    sys.stdout.write(str(time.perf_counter() - begun))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
