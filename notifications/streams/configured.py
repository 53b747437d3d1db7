"""The streams that the settings name, and the threads that take from them."""

import contextlib
import threading
from collections.abc import Iterator

from django.conf import settings
from django.core.management.base import CommandError

from notifications.streams.amqp import AmqpStream
from notifications.streams.kafka import KafkaStream
from notifications.streams.taking import Stream, consume

_MISSING = {
    "kafka": "KAFKA_URL: not set; expected kafka://host:9092, and KAFKA_TOPIC.",
    "amqp": "AMQP_INTAKE_URL: not set; expected amqp://user:password@host:5672/vhost, "
    "and AMQP_INTAKE_QUEUE.",
}


def open_stream(name: str) -> Stream:
    """Open a stream by the name of its kind; raises CommandError when it is not configured."""
    if name not in configured():
        raise CommandError(_MISSING[name])
    if name == "kafka":
        return KafkaStream(settings.KAFKA_URL, settings.KAFKA_TOPIC)
    return AmqpStream(settings.AMQP_INTAKE_URL, settings.AMQP_INTAKE_QUEUE)


def configured() -> list[str]:
    """List the kinds of stream that are configured."""
    given = {"kafka": settings.KAFKA_URL, "amqp": settings.AMQP_INTAKE_URL}
    return [name for name, url in given.items() if url]


@contextlib.contextmanager
def taking(*names: str) -> Iterator[threading.Event]:
    """Take from streams in threads while the block runs, or until the event given is set."""
    stop, streams = threading.Event(), [open_stream(name) for name in names]
    threads = [
        threading.Thread(target=consume, args=(stream, stop), name=stream.name)
        for stream in streams
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread, stream in zip(threads, streams, strict=True):
            thread.join()
            stream.close()
