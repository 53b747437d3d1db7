"""A queue of RabbitMQ."""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from amqp.exceptions import NotFound
from kombu import Connection, Queue

from notifications.streams.taking import Message

log = logging.getLogger(__name__)

BATCH, WAIT_SECONDS = 500, 0.2


class AmqpStream:
    """Reads a queue, which is declared durable where there is none; acknowledged by `done`.

    A message is known by its `message_id`. One without is known by its text until it is
    acknowledged; so give ids where the same text may be meant twice.
    """

    def __init__(self, url: str, queue: str) -> None:
        self.name = f"amqp {queue}"
        self._url, self._queue = url, queue
        self._connection: Any = None
        self._unacknowledged: list[Any] = []

    def read(self) -> Sequence[Message]:
        try:
            if self._connection is None:
                self._open()
            self._drain()
        except OSError as error:  # all of a connection's troubles are of this kind
            log.warning("stream away", extra={"stream": self.name, "error": repr(error)})
            self.close()  # what was not acknowledged comes again
            return []
        return _named(self._unacknowledged)

    def done(self) -> None:
        try:
            for message in self._unacknowledged:
                message.ack()
        except OSError:
            self.close()
        self._unacknowledged = []

    def close(self) -> None:
        connection, self._connection, self._unacknowledged = self._connection, None, []
        if connection:
            with suppress(OSError):
                connection.release()

    def _open(self) -> None:
        connection = Connection(self._url, heartbeat=30, connect_timeout=5)
        self._connection = connection
        queue = Queue(self._queue, channel=connection.channel(), durable=True)
        try:
            queue.queue_declare(passive=True)  # its owner may have made it with other options
        except NotFound:
            queue = Queue(self._queue, channel=connection.channel(), durable=True)
            queue.queue_declare()
        consumer = connection.Consumer(
            queues=[Queue(self._queue, no_declare=True)],
            on_message=self._unacknowledged_append,
            auto_declare=False,
            prefetch_count=BATCH,
        )
        consumer.consume()

    def _unacknowledged_append(self, message: Any) -> None:
        self._unacknowledged.append(message)

    def _drain(self) -> None:
        self._connection.heartbeat_check()
        with suppress(TimeoutError):
            while len(self._unacknowledged) < BATCH:
                self._connection.drain_events(timeout=WAIT_SECONDS)


def _named(messages: Sequence[Any]) -> list[Message]:
    """Name messages; those with the same text by their number among these."""
    found, numbers = [], Counter[str]()
    for message in messages:
        body = message.body if isinstance(message.body, str) else bytes(message.body)
        body = body.encode() if isinstance(body, str) else body
        if name := message.properties.get("message_id"):
            found.append(Message(body, f"id {name}"))
            continue
        text = hashlib.sha256(body).hexdigest()
        found.append(Message(body, f"text {text} {numbers[text]}", is_fleeting=True))
        numbers[text] += 1
    return found
