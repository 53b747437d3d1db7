"""Messages of a stream become events, each once, however often it is delivered.

What a message is known by is inserted with its event in one transaction: the source and id of
a CloudEvent, else its place in the stream. What cannot be read is kept with the reason.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import orjson
from django.db import Error, connection, transaction
from django.utils.timezone import now
from rest_framework.exceptions import APIException

from newsnotify.lib.backoff import exponential
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.fields import digest
from notifications import cloudevents, posting
from notifications.event_serializers import EventSerializer
from notifications.models import DeadMessage, Replay

log = logging.getLogger(__name__)

FIRST_PAUSE, LAST_PAUSE = timedelta(seconds=1), timedelta(seconds=30)
KEPT_BYTES = 64 * 1024  # of a message that cannot be read


@dataclass(frozen=True, slots=True)
class Message:
    body: bytes
    place: str  # what the stream calls it, and will call it when it comes again
    is_fleeting: bool = False  # after it was acknowledged, the same place means another message


class Stream(Protocol):
    name: str

    def read(self) -> Sequence[Message]:
        """Wait a moment for messages; they come again unless they are `done`."""

    def done(self) -> None:
        """Acknowledge everything read so far."""

    def close(self) -> None:
        """Leave the stream."""


def consume(stream: Stream, stop: threading.Event) -> None:
    """Take messages until told to stop. While the database is away they wait."""
    while not stop.is_set():
        messages, failures = stream.read(), 0
        while messages and not _is_taken(stream, messages):
            failures += 1
            pause = exponential(failures, first=FIRST_PAUSE, ceiling=LAST_PAUSE)
            if stop.wait(pause.total_seconds()):
                return


def _is_taken(stream: Stream, messages: Sequence[Message]) -> bool:
    try:
        take(stream.name, messages)
        stream.done()
        fleeting = [_key(stream.name, message) for message in messages if message.is_fleeting]
        Replay.objects.filter(key__in=fleeting).delete()
    except Error as error:
        connection.close()
        log.warning("stream waits for the database", extra={"error": repr(error)})
        return False
    return True


def take(stream: str, messages: Sequence[Message]) -> int:
    """Make events of messages, all in one transaction. Returns how many were new."""
    new: int = repeated(lambda: _take(stream, messages))
    return new


@transaction.atomic
def _take(stream: str, messages: Sequence[Message]) -> int:
    named = {_key(stream, message): message for message in messages}
    known = Replay.objects.filter(key__in=named.keys()).values_list("key", flat=True)
    seen = {bytes(key) for key in known}
    new = {key: message for key, message in named.items() if key not in seen}
    # First, so that another consumer with the same messages waits here for the outcome.
    body = digest(stream)
    Replay.objects.bulk_create([Replay(key=key, body=body, status_code=202) for key in new])
    for message in new.values():
        _take_one(stream, message)
    return len(new)


def _key(stream: str, message: Message) -> bytes:
    try:
        return digest(f"stream {_event(message).key or f'{stream} {message.place}'}")
    except (orjson.JSONDecodeError, cloudevents.BadCloudEventError):
        return digest(f"stream {stream} {message.place}")


def _event(message: Message) -> cloudevents.CloudEvent:
    value: Any = orjson.loads(message.body)
    if cloudevents.is_enveloped(value):
        return cloudevents.structured(value)
    return cloudevents.CloudEvent("", value)


def _take_one(stream: str, message: Message) -> None:
    try:
        with transaction.atomic():
            serializer = EventSerializer(data=_event(message).data)
            serializer.is_valid(raise_exception=True)
            fields, audience = serializer.validated()
            producer = posting.Producer()
            posting.post_event(producer=producer, fields=fields, audience=audience, now=now())
    except orjson.JSONDecodeError as error:
        _bury(stream, message, f"not JSON: {error}")
    except cloudevents.BadCloudEventError as error:
        _bury(stream, message, str(error))
    except APIException as error:
        _bury(stream, message, orjson.dumps(error.detail, default=str).decode())


def _bury(stream: str, message: Message, reason: str) -> None:
    log.warning("message not readable", extra={"stream": stream, "place": message.place})
    DeadMessage.objects.create(
        stream=stream, place=message.place, body=message.body[:KEPT_BYTES], reason=reason[:1000]
    )
