"""Streams over the wire, whose consumer is killed again and again."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from kombu import Connection, Queue

from newsnotify.tests.processes import ROOT, until
from newsnotify.tests.servers import IS_STACK, own_database, server_of

pytestmark = pytest.mark.timeout(300)
MESSAGES, KILLS = 10_000, 10
Publish = Callable[[list[str]], None]
Stream = AbstractContextManager[tuple[dict[str, str], Publish]]


def event(number: int) -> str:
    """Write a CloudEvent, or every other time the plain object."""
    plain = {"title": f"News {number}", "message": "It happened."}
    cloud = {"specversion": "1.0", "id": str(number), "source": "/t", "type": "t", "data": plain}
    return json.dumps(cloud if number % 2 else plain)


@contextmanager
def kafka() -> Iterator[tuple[dict[str, str], Publish]]:
    """Run librdkafka's own cluster, which speaks the protocol on a port."""
    driver = pytest.importorskip("confluent_kafka", reason="needs requirements-kafka.txt")
    producer = driver.Producer({"test.mock.num.brokers": 1, "log_level": 2})
    [broker] = producer.list_topics(timeout=10).brokers.values()

    def publish(texts: list[str]) -> None:
        for text in texts:
            producer.produce("news", value=text)
        assert producer.flush(30) == 0

    # A killed consumer is missed soon: its partitions go to the next one.
    soon = "session.timeout.ms=4000&heartbeat.interval.ms=500"
    url = f"kafka://{broker.host}:{broker.port}?{soon}"
    yield {"KAFKA_URL": url, "KAFKA_TOPIC": "news"}, publish


@contextmanager
def rabbitmq() -> Iterator[tuple[dict[str, str], Publish]]:
    url = os.environ.get("CELERY_BROKER_URL", "")
    if not url.startswith("amqp:"):
        pytest.skip("needs RabbitMQ: CELERY_BROKER_URL=amqp://user:password@host:5672/vhost")
    name = f"test_intake_{secrets.token_hex(4)}"
    with Connection(url, transport_options={"confirm_publish": True}) as connection:
        queue = Queue(name, channel=connection.channel(), durable=True)
        queue.queue_declare()
        producer = connection.Producer()

        def publish(texts: list[str]) -> None:
            for text in texts:
                producer.publish(text.encode(), routing_key=name, content_type="application/json")

        yield {"AMQP_INTAKE_URL": url, "AMQP_INTAKE_QUEUE": name}, publish
        queue.delete()


@contextmanager
def sqlite(data_dir: Path) -> Iterator[str]:
    yield f"sqlite:///{data_dir / 'news.sqlite3'}"


@pytest.mark.parametrize(("name", "stream"), [("amqp", rabbitmq) if IS_STACK else ("kafka", kafka)])
def test_every_message_is_one_event_when_the_consumer_is_killed_ten_times(
    tmp_path: Path, name: str, stream: Callable[[], Stream]
) -> None:
    database = own_database() if IS_STACK else sqlite(tmp_path)
    with database as url, stream() as (variables, publish):
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": secrets.token_hex(32),
            "DATABASE_URL": url,
            **variables,
        }
        manage(environment, "migrate")
        texts = [event(number) for number in range(MESSAGES)]
        publishing = threading.Thread(target=publish_slowly, args=(publish, texts))
        publishing.start()
        for kill in range(KILLS):
            with consuming(environment, name):
                until_more_than(MESSAGES * kill // KILLS // 2, url)
        publishing.join()
        with consuming(environment, name) as consumer:
            until_more_than(MESSAGES - 1, url)
            consumer.send_signal(signal.SIGTERM)
            assert consumer.wait(30) == 0
        assert count(url) == count(url, "DISTINCT title") == MESSAGES


def until_more_than(number: int, url: str) -> None:
    until(lambda: count(url) > number, seconds=120)


def count(url: str, what: str = "*") -> int:
    database = urlsplit(url).path
    with closing(_connection(url, database)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT COUNT({what}) FROM notifications_event")  # noqa: S608 - our own words
        return int(cursor.fetchone()[0])


def _connection(url: str, database: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(database.removeprefix("/"), timeout=20)
    connection = server_of(url)
    connection.select_db(database.strip("/"))
    return connection


def publish_slowly(publish: Publish, texts: list[str]) -> None:
    """Publish while the consumer is killed, not before."""
    for start in range(0, len(texts), 250):
        publish(texts[start : start + 250])
        time.sleep(0.2)


@contextmanager
def consuming(environment: dict[str, str], name: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a consumer, and kill it when the block ends."""
    command = [sys.executable, "manage.py", "consume", name]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as consumer:
        try:
            yield consumer
        finally:
            consumer.kill()


def manage(environment: dict[str, str], *command: str) -> None:
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=True,
        stdout=subprocess.DEVNULL,
    )
