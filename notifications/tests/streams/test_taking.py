import threading
from collections.abc import Sequence

import orjson
import pytest

from notifications.models import DeadMessage, Event, Replay
from notifications.streams.taking import KEPT_BYTES, Message, consume, take

pytestmark = pytest.mark.django_db
STREAM = "kafka news"
NEWS = {"title": "Disk full", "message": "On host a."}
CLOUD = {"specversion": "1.0", "id": "1", "source": "/d", "type": "t", "data": NEWS}


def message(value: object, place: str = "0", *, is_fleeting: bool = False) -> Message:
    return Message(orjson.dumps(value), place, is_fleeting)


def test_message_becomes_an_event_once_when_it_comes_again() -> None:
    both = [message(NEWS, "0"), message(NEWS, "1")]
    assert [take(STREAM, both), take(STREAM, both[1:]), take(STREAM, both)] == [2, 0, 0]
    assert take("amqp other", both) == 2
    assert Event.objects.count() == 4


def test_cloudevent_is_known_by_itself_wherever_it_comes_from() -> None:
    assert take(STREAM, [message(CLOUD, "0"), message(CLOUD, "1")]) == 1
    assert take("amqp other", [message(CLOUD, "7")]) == 0
    assert Event.objects.get().title == "Disk full"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\x00", "not JSON"),
        (b"[]", "dictionary"),
        (b"null", "No data"),
        (b'{"title": "x"}', "message"),
        (b'{"specversion": "1.0"}', "`id`"),
        (orjson.dumps({**NEWS, "priority": "urgent"}), "urgent"),
        (orjson.dumps({**NEWS, "data": {"a": "x" * 70_000}}), "65,536"),
    ],
)
def test_message_is_kept_with_the_reason_when_it_cannot_be_read(body: bytes, words: str) -> None:
    messages = [Message(body, "0"), message(NEWS, "1")]
    for _ in range(2):
        take(STREAM, messages)
    dead = DeadMessage.objects.get()
    assert (dead.stream, dead.place, words in dead.reason) == (STREAM, "0", True)
    assert bytes(dead.body) == body[:KEPT_BYTES]
    assert Event.objects.count() == 1


class Repeating:
    """A stream that gives the same messages so many times, and then tells to stop."""

    name = STREAM

    def __init__(self, messages: Sequence[Message], times: int) -> None:
        self.messages, self.times = messages, times
        self.stop, self.done_count = threading.Event(), 0

    def read(self) -> Sequence[Message]:
        self.times -= 1
        if self.times == 0:
            self.stop.set()
        return self.messages

    def done(self) -> None:
        self.done_count += 1

    def close(self) -> None:
        """Nothing is open."""


def test_fleeting_message_is_another_one_after_it_was_acknowledged() -> None:
    stream = Repeating([message(NEWS, is_fleeting=True)], 3)
    consume(stream, stream.stop)
    assert (Event.objects.count(), stream.done_count, Replay.objects.count()) == (3, 3, 0)


def test_lasting_message_stays_the_same_one_after_it_was_acknowledged() -> None:
    stream = Repeating([message(NEWS)], 3)
    consume(stream, stream.stop)
    assert (Event.objects.count(), stream.done_count) == (1, 3)
