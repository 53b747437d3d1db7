"""Processes killed at every point of the way, the broker emptied and away: nothing is lost.

In one process on SQLite; as web, worker and beat on MariaDB with Redis and with RabbitMQ.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from newsnotify.tests.inspector import Inspector
from newsnotify.tests.mortal import BELL, CLAIM, DIED, FAN_OUT, POISON, SENT, arm
from newsnotify.tests.processes import Person, Product, until
from newsnotify.tests.servers import OwnBroker, RedisServer, own_broker, own_database
from newsnotify.tests.sinks import Sink
from newsnotify.tests.stack import Stack

pytestmark = pytest.mark.timeout(240)

MORTAL = "newsnotify.tests.mortal"
PEOPLE, POSTS = {"all": 12, "few": 2, "one": 1}, 1_000  # by topic
LONGEST_SECONDS = 90  # that a thousand events take where everything else runs too

ONE_PROCESS = pytest.param("one process", marks=pytest.mark.anywhere)
STACKS = [pytest.param(name, marks=pytest.mark.stack) for name in ("redis", "rabbitmq")]


class House:
    """The product in mortal processes, a producer, and people with a webhook and a phone each."""

    def __init__(self, parts: ExitStack, url: str, environment: dict[str, str]) -> None:
        self.url = url
        self.data_dir = Path(environment["DATA_DIR"])
        self.sink = parts.enter_context(Sink())
        self.inspector = parts.enter_context(Inspector(environment))
        self.people: dict[str, list[int]] = {}
        for topic, count in PEOPLE.items():
            made = self.inspector.furnish(topic, count, self.sink.url)
            self.sink.secrets |= {path: secret for path, (_, secret) in made.items()}
            self.people[topic] = [pk for pk, _ in made.values()]
        self.outputs: list[list[str]] = []
        self.stack: Stack
        self.broker: OwnBroker

    def sign_in(self, admin: Person) -> None:
        key = admin.post("keys", name="tests", scopes=["events:write"])["key"]
        self.headers = {"Authorization": f"Api-Key {key}"}

    @property
    def deaths(self) -> int:
        return sum(output.count(DIED) for output in self.outputs)

    def post(self, title: str, **fields: Any) -> None:
        """Post as a producer who is not sure: the same again until it is accepted."""
        until(lambda: self.accepts(title, **fields))

    def accepts(self, title: str, **fields: Any) -> bool:
        return self._accepts("events", 202, title=title, **{"topic": "all", **fields})

    def notifies(self, title: str, person: int) -> bool:
        return self._accepts("notifications", 201, title=title, user_id=person)

    def _accepts(self, path: str, code: int, **fields: Any) -> bool:
        try:
            answer = requests.post(
                f"{self.url}/api/v1/{path}",
                json={"message": "It happened.", **fields},
                headers={**self.headers, "Idempotency-Key": fields["title"]},
                timeout=30,
            )
        except requests.ConnectionError:
            return False
        assert answer.status_code == code, answer.text
        return True

    def settles(self) -> None:
        """Wait until everything is told and delivered."""
        until(lambda: not self.inspector.is_open(), seconds=LONGEST_SECONDS)

    def repeats(self, title: str, told: dict[str, list[int]]) -> list[int]:
        """See that these, and nobody else, were told once and reached; gives what came again."""
        found = self.inspector.find(title)
        assert found["difference"] == 0
        everybody = sorted([name, pk] for name, people in told.items() for pk in people)
        assert sorted(found["told"]) == everybody
        rows = Counter((row["kind"], row["title"], row["state"]) for row in found["deliveries"])
        assert rows == {
            (kind, name, "delivered"): len(people)
            for kind in ("webhook", "mock")
            for name, people in told.items()
        }
        seen = self.sink.seen(title)
        assert set(seen) == {row["id"] for row in found["deliveries"] if row["kind"] == "webhook"}
        assert not self.sink.refused
        return [count - 1 for count in seen.values() if count > 1]


@pytest.fixture(scope="module", params=[ONE_PROCESS, *STACKS])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("crashes")
    with ExitStack() as parts:
        yield (
            one_process(parts, data_dir)
            if request.param == "one process"
            else on_stack(parts, data_dir, request.param)
        )


def one_process(parts: ExitStack, data_dir: Path) -> House:
    product = parts.enter_context(Product(data_dir, "-m", MORTAL, "django", "up"))
    house = House(parts, product.url, product.environment)
    house.sign_in(product.admin())
    house.outputs = [product.output]
    return house


def on_stack(parts: ExitStack, data_dir: Path, name: str) -> House:
    redis = parts.enter_context(RedisServer())
    broker = parts.enter_context(own_broker(name, redis))
    database = parts.enter_context(own_database())
    urls = {"REDIS_URL": redis.url, "CELERY_BROKER_URL": broker.url, "DATABASE_URL": database}
    stack = parts.enter_context(Stack(data_dir, MORTAL, webs=1, workers=1, **urls))
    house = House(parts, stack.webs[0].url, stack.environment)
    house.sign_in(stack.webs[0].admin())
    house.outputs = [part.output for part in stack.parts]
    house.stack, house.broker = stack, broker
    return house


# The kill, and how often it may come between the sending and the recording of one delivery: a
# chunk's first deliveries are on their way while the next one is made.
@pytest.mark.parametrize(("point", "most"), [(BELL, 0), (FAN_OUT, 1), (CLAIM, 0), (SENT, 1)])
def test_everybody_is_told_and_reached_once_when_killed(
    house: House, point: str, most: int
) -> None:
    before, armed = house.deaths, arm(house.data_dir, point)
    house.post(point)
    until(lambda: house.deaths > before)
    house.settles()
    assert not armed.exists()
    assert house.deaths == before + 1
    assert max(house.repeats(point, {point: house.people["all"]}), default=0) <= most


def test_sink_sees_one_id_twice_when_killed_between_sending_and_recording(house: House) -> None:
    [one, *_] = house.people["all"]
    arm(house.data_dir, SENT)
    house.post("Twice", audience={"users": [one]})
    until(lambda: sum(house.sink.seen("Twice").values()) == 2)
    house.settles()
    assert house.repeats("Twice", {"Twice": [one]}) == [1]


def test_poison_is_given_up_and_the_others_go_out_when_it_kills_its_workers(house: House) -> None:
    before, [one, *_] = house.deaths, house.people["all"]
    house.post(POISON, audience={"users": [one]})
    house.post("Beside it")
    house.settles()
    assert house.deaths == before + 3
    found = house.inspector.find(POISON)
    assert [tuple(row) for row in found["told"]] == [(POISON, one)]
    ends = {row["kind"]: (row["state"], row["reason"]) for row in found["deliveries"]}
    assert ends == {"webhook": ("dead", "its worker died 3 times"), "mock": ("delivered", "")}
    assert not house.sink.seen(POISON)
    again = house.repeats("Beside it", {"Beside it": house.people["all"]})
    assert max(again, default=0) <= 3, "they may have been on their way with it"


@pytest.mark.parametrize("house", STACKS, indirect=True)
def test_bells_suffice_and_what_has_its_time_waits_when_beat_is_dead(house: House) -> None:
    beat, few = house.stack.beat, house.people["few"]
    beat.kill()
    house.post("Beat: rung", topic="few")
    house.settles()
    released_at = datetime.now(UTC) + timedelta(seconds=1)
    house.post("Beat: scheduled", topic="few", release_time=released_at.isoformat())
    until(lambda: datetime.now(UTC) > released_at)
    assert house.repeats("Beat", {"Beat: rung": few}) == []
    beat.start()
    house.settles()
    assert house.repeats("Beat", {"Beat: rung": few, "Beat: scheduled": few}) == []


@pytest.mark.parametrize("house", STACKS, indirect=True)
def test_everybody_is_told_once_when_the_broker_is_emptied(house: House) -> None:
    [worker] = house.stack.workers
    worker.kill()
    waiting = [f"Emptied {number}" for number in range(20)]
    for title in waiting:
        house.post(title, topic="few")
    until(house.broker.bell_count)
    house.broker.empty()
    worker.start()
    house.post("Emptied and rung", topic="few")
    house.settles()
    house.broker.empty()  # now with a worker who listens
    house.post("Emptied again", topic="few")
    house.settles()
    titles = [*waiting, "Emptied and rung", "Emptied again"]
    assert house.repeats("Emptied", dict.fromkeys(titles, house.people["few"])) == []


@pytest.mark.parametrize("house", STACKS, indirect=True)
def test_everybody_is_told_once_when_the_broker_is_away_during_1000_posts(house: House) -> None:
    titles = [f"Away {number}" for number in range(POSTS)]
    [one] = house.people["one"]
    house.broker.kill()
    try:
        with ThreadPoolExecutor(8) as threads:
            events = threads.map(partial(house.accepts, topic="one"), titles[::2])
            notices = threads.map(partial(house.notifies, person=one), titles[1::2])
            assert all([*events, *notices])
        assert house.inspector.is_open()
        assert not house.sink.seen("Away")
    finally:
        house.broker.start()
    house.settles()
    assert house.repeats("Away", {title: [one] for title in titles}) == []
