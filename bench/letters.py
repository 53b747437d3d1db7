"""One article, many e-mails: from the commit of their deliveries to a mail server that has all."""

import os
import smtplib
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
from bench import inside, servers
from bench.audience import make_audience, publish
from bench.figures import figure, size
from bench.rows import analyze, database_settings, multiply
from notifications.models import Channel, Delivery
from notifications.parcels import parcel_of
from notifications.transports.base import Size
from notifications.transports.letters import letter_of

USERS = size(1_000, 20_000)
PEER = size(1_000, 5_000)


def main() -> None:
    settings = {"users": USERS, **database_settings()}
    source, first = make_audience(USERS)
    with _sink() as port:
        _give_addresses(first)
        publish(source, "news")
        found = _deliver(port)
        came = _told(port)
        peer = _bare(port)
    assert (came["count"], came["twice"]) == (USERS, 0), came  # noqa: S101 - else it is no figure
    speed = USERS / (came["last_at"] - found["begun"])
    how = f"the same letter, written once, by smtplib over one connection: {peer:.0f}/s"
    more = {"connections": came["connections"], **settings}
    figure("letters.speed", speed, "letters/s", ratio=speed / peer, peer=how, **more)
    cost = found["cpu_seconds"] * 1000 / USERS
    figure("letters.cpu", cost, "ms of the worker's CPU a letter", **settings)
    figure("letters.size", came["bytes"] / USERS / 1000, "kB a letter")


def _give_addresses(first: int) -> None:
    template = Channel.objects.create(
        user=User.objects.get(email="template@example.org"),
        kind="email",
        address="reader@example.org",
        provider="email",
        verified_at=now(),
    )
    multiply(template, USERS, user_id=f"{first} - 1 + n")
    analyze("notifications_channel")


def _deliver(port: int) -> dict[str, Any]:
    environment = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    command = inside.command("bench.deliverer")
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own words
    found: dict[str, Any] = orjson.loads(done.stdout)
    assert found["told"] == found["sent"] == USERS, found  # noqa: S101 - as above
    return found


@contextmanager
def _sink() -> Iterator[int]:
    port = servers.free_port()
    with servers.process([sys.executable, "-m", "bench.mail_sink", str(port)]):
        servers.wait_for(port)
        yield port


def _told(port: int) -> dict[str, Any]:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        found: dict[str, Any] = orjson.loads(connection.docmd("STAT")[1])
    return found


def _bare(port: int) -> float:
    """Send one letter again and again, with nothing written, asked or noted."""
    row = Delivery.objects.select_related(
        "user", "channel", "notification__event__topic", "notification__event__source"
    )[0]
    letter = letter_of(replace(parcel_of([row], Size.ONE, now()), id="msg_peer"))
    content = letter.message().as_bytes()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        begun = time.perf_counter()
        for _ in range(PEER):
            connection.sendmail("us@example.org", ["reader@example.org"], content)
        return PEER / (time.perf_counter() - begun)
