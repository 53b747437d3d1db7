"""One article, many webhooks: from the commit of their deliveries to the endpoint that has all."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
from django.utils.timezone import now

from accounts.models import User
from bench import hosts, inside, servers
from bench.audience import make_audience, publish
from bench.figures import figure, size
from bench.rows import analyze, database_settings, multiply
from newsnotify.lib.sealing import seal
from notifications.carrying import attempt
from notifications.ledger import balance
from notifications.models import Attempt, Channel, Delivery
from notifications.parcels import parcel_of
from notifications.transports import outside
from notifications.transports.base import Size
from notifications.transports.registry import TRANSPORTS
from notifications.transports.webhook import new_secret

USERS = size(2_000, 50_000)
PEER = size(1_000, 5_000)


def main() -> None:
    settings = {"users": USERS, **database_settings()}
    source, first = make_audience(USERS)
    secret = new_secret()
    with _sink(secret) as port:
        _give_webhooks(first, port, secret)
        publish(source, "news")
        found = _deliver()
        came = hosts.told("127.0.0.1", port)
        peer = _bare(port)
    assert (came["count"], came["wrong"]) == (USERS, 0), came  # noqa: S101 - else it is no figure
    _say(found, came, peer, settings)


def _say(
    found: dict[str, Any], came: dict[str, Any], peer: float, settings: dict[str, Any]
) -> None:
    speed = USERS / (came["last_at"] - found["begun"])
    how = f"the same posts, signed and sent by the same transport, without rows: {peer:.0f}/s"
    figure("deliveries.speed", speed, "deliveries/s", ratio=speed / peer, peer=how, **settings)
    cost = found["cpu_seconds"] * 1000 / USERS
    figure("deliveries.cpu", cost, "ms of the worker's CPU a delivery", **settings)
    memory = found["memory_bytes"]
    early, late = memory[len(memory) // 5], max(memory)
    figure("deliveries.memory_growth", (late - early) / 1e6, "MB", of=early // 1_000_000)
    figure("deliveries.twice", came["twice"], "deliveries", **settings)
    delivered = Delivery.objects.filter(state=Delivery.State.DELIVERED).count()
    log = Attempt.objects.count()
    figure("deliveries.missing", USERS - delivered, "deliveries", attempts_logged=log)
    figure("deliveries.difference", balance(now()).difference, "rows of the ledger", **settings)


def _deliver() -> dict[str, Any]:
    done = subprocess.run(inside.command("bench.deliverer"), check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own words
    found: dict[str, Any] = orjson.loads(done.stdout)
    assert found["told"] == found["sent"] == USERS, found  # noqa: S101 - as above
    return found


def _give_webhooks(first: int, port: int, secret: str) -> None:
    url = f"http://127.0.0.1:{port}/hook"
    template = Channel.objects.create(
        user=User.objects.get(email="template@example.org"),
        kind="webhook",
        address=f"http://127.0.0.1:{port}",
        provider=f"127.0.0.1:{port}",
        sealed=seal({"url": url, "secrets": [secret]}),
        verified_at=now(),
    )
    multiply(template, USERS, user_id=f"{first} - 1 + n")
    analyze("notifications_channel")


@contextmanager
def _sink(secret: str) -> Iterator[int]:
    port = servers.free_port()
    with servers.process([sys.executable, "-m", "bench.sink", str(port), secret]):
        servers.wait_for(port)
        yield port


def _bare(port: int) -> float:
    """Send as many parcels as the product has on their way, with nothing written down."""
    row = Delivery.objects.select_related(
        "user", "channel", "notification__event__topic", "notification__event__source"
    )[0]
    parcel, transport = parcel_of([row], Size.ONE, now()), TRANSPORTS["webhook"]

    async def send_all() -> None:
        numbers = iter(range(PEER))

        async def send_some() -> None:
            for number in numbers:
                await attempt(transport, replace(parcel, id=f"msg_peer_{number}"))

        async with outside.opened():
            await asyncio.gather(*(send_some() for _ in range(transport.at_once)))

    begun = time.perf_counter()
    asyncio.run(send_all())
    return PEER / (time.perf_counter() - begun)
