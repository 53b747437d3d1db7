"""Servers that tests stand on: a database, a Redis and a RabbitMQ of their own."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from kombu import Connection, Queue

from newsnotify import databases
from newsnotify.celery import QUEUE
from newsnotify.tests.processes import ROOT, free_port, until

# Where the servers are named what can run on either runs on them; elsewhere in one process.
IS_STACK = os.environ.get("DATABASE_URL", "").startswith("mysql:")


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """Make a database beside the one that `DATABASE_URL` names; skips where it names none."""
    url = os.environ.get("DATABASE_URL", "")
    if urlsplit(url).scheme != "mysql":
        pytest.skip("needs MySQL or MariaDB: DATABASE_URL=mysql://user:password@host:3306/database")
    name = f"test_newsnotify_{secrets.token_hex(4)}"
    with contextlib.closing(server_of(url)) as server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f"DROP DATABASE {name}")


@contextlib.contextmanager
def gated_database() -> Iterator["tuple[str, Gate]"]:
    """Make a database whose way can be closed."""
    with own_database() as url:
        parts = urlsplit(url)
        with Gate(parts.hostname or "127.0.0.1", parts.port or 3306) as gate:
            user_info = parts.netloc.rpartition("@")[0]
            yield parts._replace(netloc=f"{user_info}@127.0.0.1:{gate.port}").geturl(), gate


def server_of(url: str) -> Any:
    """Connect without a database, and without Django: the one it has is none of ours."""
    driver = pytest.importorskip("MySQLdb", reason="needs mysqlclient: requirements-mysql.txt")
    given = databases.database(url, base=ROOT)
    return driver.connect(
        host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"]
    )


class RedisServer:
    """A Redis that keeps nothing; it can be killed, started again and emptied."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> "RedisServer":
        if shutil.which("redis-server") is None:
            pytest.skip("needs Redis (Debian: apt-get install redis-server)")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        keep_nothing = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            ["redis-server", "--port", str(self.port), *keep_nothing],  # noqa: S607 - from PATH
            stdout=subprocess.DEVNULL,
        )
        until(self._answers)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError), self.client() as client:
            return bool(client.ping())
        return False

    def client(self) -> "redis.Redis":
        return redis.Redis(host="127.0.0.1", port=self.port)

    def empty(self) -> None:
        with self.client() as client:
            client.flushall()

    def pause(self) -> None:
        """Let it be silent: connections are taken and never answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


class Gate:
    """A way to a server that can be closed, with whatever is on it, and opened again."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = free_port()
        self._pairs: list[socket.socket] = []
        self._is_open = threading.Event()

    def __enter__(self) -> "Gate":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._is_open.set()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def pause(self) -> None:
        """Be silent: connections are taken, and nothing comes through."""
        self._is_open.clear()

    def resume(self) -> None:
        self._is_open.set()

    def kill(self) -> None:
        self.resume()
        for end in [self._listener, *self._pairs]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # a blocked accept or recv is woken by this alone
            end.close()
        self._accepting.join(10)
        self._pairs.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self.target)
                self._pairs += [near, far]
                for one, other in ((near, far), (far, near)):
                    forward = (one, other, self._is_open)
                    threading.Thread(target=_forward, args=forward, daemon=True).start()


def _forward(one: socket.socket, other: socket.socket, is_open: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            is_open.wait()
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def own_queue() -> Iterator[tuple[str, Gate]]:
    """Give a gate to the RabbitMQ that `CELERY_BROKER_URL` names, without a queue left over."""
    url = os.environ.get("CELERY_BROKER_URL", "")
    parts = urlsplit(url)
    if parts.scheme != "amqp":
        pytest.skip("needs RabbitMQ: CELERY_BROKER_URL=amqp://user:password@host:5672/vhost")
    with Gate(parts.hostname or "127.0.0.1", parts.port or 5672) as gate:
        user_info = parts.netloc.rpartition("@")[0] or "guest:guest"
        _delete_queue(url)
        try:
            yield parts._replace(netloc=f"{user_info}@127.0.0.1:{gate.port}").geturl(), gate
        finally:
            _delete_queue(url)


def _delete_queue(url: str) -> None:
    with Connection(url) as connection:
        Queue(QUEUE, channel=connection.default_channel).delete()


class OwnBroker:
    """A broker for bells, with the Redis of everything else; both go away together."""

    def __init__(self, url: str, redis: RedisServer, gate: Gate | None = None) -> None:
        self.url, self._redis, self._gate = url, redis, gate

    def bell_count(self) -> int:
        """Count the bells that wait for a worker."""
        with Connection(self.url) as connection:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(QUEUE, passive=True).message_count)

    def empty(self) -> None:
        """Lose everything it has, queue and bindings too."""
        self._redis.empty()
        if self._gate:
            _delete_queue(self.url)

    def kill(self) -> None:
        self._redis.kill()
        if self._gate:
            self._gate.kill()

    def start(self) -> None:
        self._redis.start()
        if self._gate:
            self._gate.start()


@contextlib.contextmanager
def own_broker(name: str, redis: RedisServer) -> Iterator[OwnBroker]:
    """Give this Redis as a broker, or a gate to RabbitMQ."""
    if name == "redis":
        yield OwnBroker(redis.url, redis)
        return
    with own_queue() as (url, gate):
        yield OwnBroker(url, redis, gate)
