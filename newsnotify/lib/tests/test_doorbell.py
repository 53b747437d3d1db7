import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from channels.layers import channel_layers, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from newsnotify.lib import doorbell
from newsnotify.tests.servers import RedisServer

BELL = "tests.nobody_answers"
# What a caller may be held up, and what a busy machine adds to it.
LONGEST_SECONDS = doorbell.WAIT_SECONDS + 0.5


@pytest.fixture(autouse=True)
def _our_doorbell(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(doorbell, "_broker_away_until", 0.0)
    monkeypatch.setattr(doorbell, "_hubs_away_until", 0.0)
    doorbell.attach(None)
    yield
    doorbell.attach(None)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def waiting() -> int:
    """Take every bell that rang out of the broker. Returns how many."""
    with current_app.connection_for_read() as connection:
        queue = current_app.amqp.queues[current_app.conf.task_default_queue]
        bound = queue(connection.default_channel)
        bound.declare()
        return int(bound.purge() or 0)


@pytest.fixture
def _no_bells() -> None:
    waiting()


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_bells")
def test_bell_rings_when_the_transaction_is_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(BELL)
        assert waiting() == 0
    assert waiting() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_bells")
def test_bell_stays_silent_when_the_transaction_is_rolled_back() -> None:
    with transaction.atomic():
        doorbell.ring(BELL)
        transaction.set_rollback(True)
    assert waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_hubs_hear_a_bell_when_it_is_rung_in_another_thread() -> None:
    def ring() -> None:
        doorbell.ring_inboxes(3, 9)
        connection.close()

    async def listen() -> Any:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(doorbell.HUBS, channel)
        doorbell.attach(asyncio.get_running_loop())
        await asyncio.to_thread(ring)
        async with asyncio.timeout(5):
            return await layer.receive(channel)

    assert asyncio.run(listen()) == {"type": "inboxes.changed", "first": 3, "last": 9}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Let a Redis of the test's own carry the bells."""
    with RedisServer() as server:
        former = channel_layers.set("default", RedisPubSubChannelLayer(hosts=[server.url]))
        yield server
        channel_layers.set("default", former)


@pytest.mark.stack
def test_hubs_hear_a_bell_late_when_redis_was_slow(redis: RedisServer) -> None:
    async def listen() -> Any:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(doorbell.HUBS, channel)
        redis.pause()
        await asyncio.to_thread(doorbell._tell_hubs, {"type": "inboxes.changed"})
        redis.resume()
        async with asyncio.timeout(30):
            return await layer.receive(channel)

    assert asyncio.run(listen()) == {"type": "inboxes.changed"}


def ring_elsewhere(**variables: str) -> list[float]:
    """Ring in a process with these variables. Returns the seconds that each ring took."""
    program = (
        "import django, time; django.setup()\n"
        "from newsnotify.lib import doorbell\n"
        "import celery.app.amqp, kombu.transport.redis, kombu.transport.pyamqp\n"
        "bells = [(doorbell._send_task, 'x')] * 3 + [(doorbell._tell_hubs, {'type': 'x'})] * 2\n"
        "for ring, what in bells:\n"
        "    began = time.monotonic(); ring(what); print(time.monotonic() - began)\n"
    )
    environ = {**os.environ, "SECRET_KEY": "k" * 50, **variables}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        env={**environ, "DJANGO_SETTINGS_MODULE": "newsnotify.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return [float(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", ["REDIS_URL", "CELERY_BROKER_URL"])
@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_ringing_ends_soon_when_nobody_listens(name: str, scheme: str) -> None:
    if (name, scheme) == ("REDIS_URL", "amqp"):
        name = "CELERY_BROKER_URL"
    seconds = ring_elsewhere(**{name: f"{scheme}://127.0.0.1:1/"})
    assert max(seconds) < LONGEST_SECONDS
    assert seconds[1] < 0.1  # the broker is known to be away


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_ringing_ends_soon_when_the_server_is_silent(scheme: str, silent_port: int) -> None:
    name = "REDIS_URL" if scheme == "redis" else "CELERY_BROKER_URL"
    seconds = ring_elsewhere(**{name: f"{scheme}://127.0.0.1:{silent_port}/"})
    assert max(seconds) < LONGEST_SECONDS
    assert seconds[1] < 0.1


def test_ringing_reaches_redis_when_there_is_one() -> None:
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/15")
    host, port = url.split("://")[1].split("/")[0].rpartition("@")[2].split(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((host, int(port))):
            pytest.skip(f"no Redis at {host}:{port}")
    seconds = ring_elsewhere(REDIS_URL=url)
    assert max(seconds) < LONGEST_SECONDS


def test_bell_is_lost_in_one_line_when_the_broker_fails(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the broker is away")

    monkeypatch.setattr(current_app, "send_task", fail)
    with caplog.at_level(logging.WARNING):
        doorbell._send_task(BELL)
        doorbell._send_task(BELL)  # left alone for a while
    assert caplog.messages == ["doorbell not rung"]
    assert doorbell._broker_away_until > time.monotonic()
