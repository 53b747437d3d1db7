"""A topic of Kafka, or of whatever speaks its protocol."""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from notifications.streams.taking import Message

log = logging.getLogger(__name__)

BATCH, WAIT_SECONDS = 500, 0.5
OPTIONS = (
    "sasl.", "ssl.", "security.protocol", "group.id", "client.id", "auto.offset.reset",
    "session.timeout.ms", "heartbeat.interval.ms",
)  # fmt: skip


class KafkaStream:
    """Reads a topic as one member of a group; offsets are committed by `done`."""

    def __init__(self, url: str, topic: str) -> None:
        try:
            from confluent_kafka import Consumer, KafkaException
        except ImportError as error:
            raise ImproperlyConfigured(
                "KAFKA_URL: the driver is not installed; pip install -r requirements-kafka.txt"
            ) from error
        self.name = f"kafka {topic}"
        self._error = KafkaException
        self._consumer = Consumer(settings_of(url))
        self._consumer.subscribe([topic])

    def read(self) -> Sequence[Message]:
        found = []
        for message in self._consumer.consume(BATCH, WAIT_SECONDS):
            if error := message.error():
                log.warning("kafka", extra={"error": str(error)})
                continue
            place = f"{message.topic()}/{message.partition()}/{message.offset()}"
            found.append(Message(message.value() or b"", place))
        return found

    def done(self) -> None:
        try:
            self._consumer.commit(asynchronous=False)
        except self._error as error:  # another member has them now, and knows their places
            log.warning("kafka", extra={"error": str(error)})

    def close(self) -> None:
        self._consumer.close()


def settings_of(url: str) -> dict[str, Any]:
    """Read `kafka://user:password@host:port,host:port?ssl.ca.location=…` for librdkafka.

    Raises ImproperlyConfigured for options it must not have.
    """
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    options = dict(parse_qsl(parts.query))
    if unknown := [name for name in options if not name.startswith(OPTIONS)]:
        raise ImproperlyConfigured(f"KAFKA_URL: {unknown[0]} is no option; expected {OPTIONS}")
    if parts.username:
        options = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": unquote(parts.username),
            "sasl.password": unquote(parts.password or ""),
            **options,
        }
    return {
        "group.id": "newsnotify",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6_000,  # after so long the partitions of a killed consumer are free
        **options,
        "bootstrap.servers": hosts,
        "enable.auto.commit": False,
    }
