"""Bells nobody hears, on the real brokers."""

from collections.abc import Iterator

import pytest
from kombu import Connection, Queue

from newsnotify.celery import QUEUE
from newsnotify.lib import short_queues
from newsnotify.tests.servers import RedisServer, own_queue

pytestmark = pytest.mark.stack

SENT, TRANSPORT = short_queues.LIMIT + 200, "newsnotify.lib.short_queues:RedisTransport"


@pytest.fixture
def redis() -> Iterator[Connection]:
    with RedisServer() as server, Connection(server.url, transport=TRANSPORT) as connection:
        yield connection


@pytest.fixture
def rabbitmq() -> Iterator[Connection]:
    options = {"confirm_publish": True}
    with own_queue() as (url, _), Connection(url, transport_options=options) as connection:
        yield connection


def newest_kept(connection: Connection, queue: Queue) -> tuple[int, int]:
    """Send more than a queue keeps. Returns how many are left, and the first of them."""
    bound = queue(connection.default_channel)
    bound.declare()
    producer = connection.Producer()
    for number in range(SENT):
        producer.publish(number, routing_key=queue.name)
    first = bound.get(no_ack=True)
    assert first
    return (bound.purge() or 0) + 1, int(str(first.payload))


def test_list_keeps_the_newest_when_nobody_hears(redis: Connection) -> None:
    assert newest_kept(redis, Queue(QUEUE)) == (short_queues.LIMIT, 200)


def test_quorum_queue_keeps_the_newest_when_nobody_hears(rabbitmq: Connection) -> None:
    assert newest_kept(rabbitmq, short_queues.quorum(QUEUE)) == (short_queues.LIMIT, 200)
