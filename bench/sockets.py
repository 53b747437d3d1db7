"""From a commit to every open socket: how long news takes through worker, Redis and web."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson
from asgiref.sync import async_to_sync
from django.conf import settings as product_settings
from django.db import transaction

from accounts import tokens
from accounts.models import User
from bench import product
from bench.audience import make_audience, news
from bench.figures import figure, percentile, size
from bench.rows import database_settings
from bench.stock import GROUP, layer
from news.models import Announcement, Source
from newsnotify.lib import doorbell
from notifications.models import Notification
from notifications.representation import represent

SOCKETS = size(100, 1_000)
ROUNDS = size(20, 50)
PAUSE_SECONDS = 0.2
FIRST = 1  # the round that finds connections made and caches filled; it does not count


def main() -> None:
    settings = {"sockets": SOCKETS, "rounds": ROUNDS, **database_settings()}
    source, first = make_audience(SOCKETS)
    users = User.objects.filter(pk__gte=first)
    paths = [f"/ws?token={tokens.sign_in(user)['access_token']}" for user in users]
    with product.web() as port, product.worker(), listening(port, paths) as listeners:
        ours = latencies(listeners, lambda number: _publish(source, number))
    text = orjson.dumps(represent(Notification.objects.latest("id"))).decode()
    with product.web("bench.stock:application") as port, listening(port, paths) as listeners:
        stock = latencies(listeners, lambda number: _broadcast(text, number))
    for percent in (50, 99):
        value, peer = percentile(ours, percent), percentile(stock, percent)
        how = f"Channels' group_send to consumers, of a text at hand: {peer:.1f} ms"
        name = f"sockets.commit_to_frame_p{percent}"
        figure(name, value, "ms", ratio=value / peer, peer=how, **settings)


def _publish(source: Source, number: int) -> float:
    """Store an article as the crawler does; returns when it was committed."""
    with transaction.atomic():
        article = news(source, f"news {number}")
        Announcement.objects.create(source=source, article=article)
        committed: list[float] = []
        transaction.on_commit(lambda: committed.append(time.monotonic()))
        doorbell.ring("notifications.fan_out")
    return committed[0]


def _broadcast(text: str, number: int) -> float:
    begun = time.monotonic()
    told = text.replace(f"news {ROUNDS}", f"news {number}")
    async_to_sync(layer.group_send)(GROUP, {"type": "news", "text": told})
    return begun


def latencies(listeners: subprocess.Popen[bytes], do: Callable[[int], float]) -> list[float]:
    """Tell all sockets something, again and again. Returns how many ms each frame took."""
    begun: dict[int, float] = {}
    for number in range(ROUNDS + 1):
        begun[number] = do(number)
        assert _line(listeners.stdout) == str(number)  # noqa: S101 - every socket was told it
        time.sleep(PAUSE_SECONDS)
    found = orjson.loads(listeners.communicate()[0])
    return [(at - begun[n]) * 1000 for n, times in found if n >= FIRST for at in times]


@contextmanager
def listening(port: int, paths: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    where = Path(product_settings.DATA_DIR) / "paths"
    where.write_text("\n".join(paths), encoding="ascii")
    command = [sys.executable, "-m", "bench.listeners", str(port), str(where)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own words
        assert _line(child.stdout) == "ready"  # noqa: S101 - all are connected
        try:
            yield child
        finally:
            child.kill()


def _line(output: IO[bytes] | None) -> str:
    assert output  # noqa: S101 - it is a pipe
    return output.readline().decode().strip()
