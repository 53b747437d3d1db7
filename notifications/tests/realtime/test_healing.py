"""Doorbells that are lost, and channel layers that go away."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import DatabaseError
from django.utils.timezone import now

from notifications import services
from notifications.realtime import reading
from notifications.realtime.hub import Limits
from notifications.tests.realtime.making import person, tell, tell_silently
from notifications.tests.realtime.sockets import messages, opened, serving

pytestmark = pytest.mark.django_db(transaction=True)

REDIS = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")


def test_lost_doorbell_is_healed_when_the_sweep_comes() -> None:
    ann = person()
    with serving(Limits(sweep_seconds=0.1)) as url, opened(url, ann) as socket:
        tell_silently(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]


def test_sweep_tells_nothing_twice_when_the_inbox_changed_otherwise() -> None:
    ann = person()
    with serving(Limits(sweep_seconds=0.05)) as url, opened(url, ann) as socket:
        tell(ann, "first")
        assert messages(socket, 1) == ["first"]
        services.mark_read(user=ann, now=now())
        for message in ("second", "third"):
            tell_silently(ann, message)
            assert messages(socket, 1) == [message]


def test_socket_is_told_later_when_the_database_fails_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures, read = [DatabaseError("disk I/O error")], reading.read

    def read_after_failures(revisions: Mapping[int, int]) -> reading.Page:
        if failures:
            raise failures.pop()
        return read(revisions)

    monkeypatch.setattr(reading, "read", read_after_failures)
    ann = person()
    with serving(Limits(retry_seconds=0.05)) as url, opened(url, ann) as socket:
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]
    assert not failures


def test_burst_of_doorbells_tells_everybody_once_when_many_are_connected() -> None:
    people = [person(f"{number}@example.org") for number in range(12)]
    with serving() as url, ExitStack() as stack:
        sockets = [stack.enter_context(opened(url, user)) for user in people]
        for message in ("first", "second", "third"):
            for user in people:
                tell(user, message)
        for socket in sockets:
            assert messages(socket, 3) == ["first", "second", "third"]


def test_sockets_are_told_by_the_sweep_when_the_layer_cannot_be_reached(
    settings: LazySettings,
) -> None:
    settings.CHANNEL_LAYERS = layer_on(free_port())
    ann = person()
    with serving(Limits(sweep_seconds=0.1)) as url, opened(url, ann) as socket:
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def layer_on(port: int) -> dict[str, object]:
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    return {"default": {"BACKEND": backend, "CONFIG": {"hosts": [f"redis://127.0.0.1:{port}/0"]}}}


@contextmanager
def redis_on(port: int, folder: Path) -> Iterator[None]:
    """Run a Redis of our own, and wait until it listens."""
    command = [str(REDIS), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--dir", str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        try:
            yield
        finally:
            process.kill()


@needs_redis
def test_sockets_are_told_when_doorbells_come_over_redis(
    settings: LazySettings, tmp_path: Path
) -> None:
    port = free_port()
    settings.CHANNEL_LAYERS = layer_on(port)
    ann = person()
    with redis_on(port, tmp_path), serving() as url, opened(url, ann) as socket:
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]


@needs_redis
def test_sockets_are_told_when_redis_was_away_meanwhile(
    settings: LazySettings, tmp_path: Path
) -> None:
    port = free_port()
    settings.CHANNEL_LAYERS = layer_on(port)
    ann = person()
    with ExitStack() as stack:
        redis = ExitStack()
        redis.enter_context(redis_on(port, tmp_path))
        url = stack.enter_context(serving(Limits(sweep_seconds=0.2)))
        socket = stack.enter_context(opened(url, ann))
        redis.close()
        tell(ann, "while Redis is away")
        assert messages(socket, 1) == ["while Redis is away"]
        stack.enter_context(redis_on(port, tmp_path))
        tell(ann, "afterwards")
        assert messages(socket, 1) == ["afterwards"]
