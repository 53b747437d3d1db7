"""Queues of the broker that cannot grow: a thousand bells say no more than one.

Workers may be away for a weekend while the schedule ticks and producers post. What is cut off
was a doorbell; the rows it was about are found by the next one.
"""

from typing import Any

from kombu import Queue
from kombu.transport import redis

LIMIT = 1_000


def quorum(name: str) -> Queue:
    """Describe a queue of RabbitMQ that outlives one of its nodes."""
    arguments = {"x-queue-type": "quorum", "x-max-length": LIMIT, "x-overflow": "drop-head"}
    return Queue(name, queue_arguments=arguments)


class Channel(redis.Channel):
    """kombu's, but a list keeps only its newest messages."""

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        with self.conn_or_acquire() as client:
            client.ltrim(queue, 0, LIMIT - 1)


class RedisTransport(redis.Transport):
    """For Celery's `broker_transport`."""

    Channel = Channel
