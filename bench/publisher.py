"""A server of feeds, each at a loopback address of its own, as the crawler minds its manners.

Arguments: how many, and the port. `/N` is feed N with its validators, 304 for who has it, packed
for who takes gzip. At any address, `/served` tells what was answered so far, and `/version/2`
lets every feed have one new entry from now on.
"""

import gzip
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256

import orjson

from bench import hosts
from bench.documents import NEWEST, document, entry_count

PACKING = 6  # what Apache packs with, and most others


@dataclass(frozen=True, slots=True)
class Feed:
    """The answers of one feed."""

    tag: bytes
    modified: bytes  # newsboat sends no ETag back unless there is a time, too
    plain: bytes
    packed: bytes
    not_modified: bytes


def host(number: int) -> str:
    return f"127.9.{number // 250}.{number % 250 + 1}"


class Publisher:
    def __init__(self, count: int) -> None:
        self._count = count
        self._answers: Counter[str] = Counter()
        self._publish(version=1)

    def answer(self, path: bytes, head: bytes) -> bytes:
        number = path[1:]
        if not number.isdigit():
            return self._control(path.decode())
        feed = self._feeds[int(number)]
        if feed.tag in head or feed.modified in head:
            self._answers["304"] += 1
            return feed.not_modified
        self._answers["200"] += 1
        return feed.packed if b"gzip" in head else feed.plain

    def _control(self, path: str) -> bytes:
        if path.startswith("/version/"):
            self._publish(version=int(path.rpartition("/")[2]))
        known = {"answers": self._answers, **self._sizes}
        return hosts.response({"Content-Type": "application/json"}, orjson.dumps(known))

    def _publish(self, version: int) -> None:
        """Write all feeds and pack them, so that nothing of it is done while they are asked for."""
        self._feeds = [_feed(number, version) for number in range(self._count)]
        self._sizes = {
            "mean_bytes": sum(len(feed.plain) for feed in self._feeds) // self._count,
            "mean_packed_bytes": sum(len(feed.packed) for feed in self._feeds) // self._count,
            "entries": sum(entry_count(number) for number in range(self._count)),
        }


def _feed(number: int, version: int) -> Feed:
    kind, body = document(number, version)
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    modified = format_datetime(NEWEST + timedelta(hours=version), usegmt=True)
    says = {"ETag": tag, "Last-Modified": modified, "Vary": "Accept-Encoding"}
    has = {"Content-Type": kind, **says}
    return Feed(
        tag=tag.encode(),
        modified=modified.encode(),
        plain=hosts.response(has, body),
        packed=hosts.response(
            has | {"Content-Encoding": "gzip"}, gzip.compress(body, PACKING, mtime=0)
        ),
        not_modified=hosts.response(says, status="304 Not Modified"),
    )


def main(count: int, port: int) -> None:
    # Our own comes last: who is answered there may ask at all of them.
    addresses = [*map(host, range(count)), "127.0.0.1"]
    hosts.serve(Publisher(count).answer, addresses, port)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
