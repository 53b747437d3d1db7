"""Whatever stands still: health names it, what can be answered is, and all comes back by itself."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from websockets.sync.client import ClientConnection, connect

from newsnotify.lib.tests.servers import Server
from newsnotify.tests.feeds import published
from newsnotify.tests.processes import Person, until
from newsnotify.tests.servers import Gate, RedisServer, gated_database, own_queue
from newsnotify.tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

OLD = ("An old story", "Another old story")
NAMED_WITHIN_SECONDS = 10.0
# A silent server is found out by one limit of time after the other, a closed one at once.
AWAY_SECONDS = {"silent": 15.0, "closed": 5.0}
BACK_SECONDS = 60.0


class House:
    """The stack, what it stands on, and a reader who waits for news at a socket."""

    def __init__(self, parts: ExitStack, data_dir: Path) -> None:
        self.redis = parts.enter_context(RedisServer())
        queue_url, self.broker = parts.enter_context(own_queue())
        database_url, self.database = parts.enter_context(gated_database())
        stack = Stack(
            data_dir,
            REDIS_URL=self.redis.url,
            CELERY_BROKER_URL=queue_url,
            DATABASE_URL=database_url,
        )
        self.stack = parts.enter_context(stack)
        self.url = self.stack.webs[0].url
        self.publisher = parts.enter_context(Server())
        self.titles = list(OLD)  # two, so that they are polled as often as they follow each other
        self._publish()
        self.admin = self.stack.webs[0].admin()
        self.admin.post("topics", slug="space", name="Space")
        self.admin.post("sources", url=f"{self.publisher.url}/feed.xml", topic="space")
        self.reader = self.stack.webs[0].person("reader@example.org")
        self.reader.post("subscriptions", kind="topic", topic="space")

    def _publish(self) -> None:
        answer = published(*self.titles, site="https://space.example")
        self.publisher.respond = lambda _: answer

    def health(self) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/api/v1/health", timeout=5)
        assert answer.status_code == (503 if answer.json()["status"] == "unhealthy" else 200)
        return dict(answer.json())

    def is_troubled_by(self, *names: str) -> bool:
        components = self.health()["components"]
        return {name for name, one in components.items() if one["status"] != "healthy"} == {*names}

    def samples(self, name: str) -> list[Sample]:
        """Read the metrics of one name, of all processes."""
        text = requests.get(f"{self.url}/metrics", timeout=5).text
        families = text_string_to_metric_families(text)
        found = (sample for family in families for sample in family.samples)
        return [sample for sample in found if sample.name == f"newsnotify_{name}"]

    def socket(self) -> ClientConnection:
        address = self.url.replace("http", "ws")
        return connect(f"{address}/ws?token={self.reader.token}")

    def tells(self, socket: ClientConnection) -> None:
        """See that what is published now reaches a socket."""
        self.titles.append(f"Story {len(self.titles)}")
        self._publish()
        titles: list[str] = []
        while not titles or titles[-1] != self.titles[-1]:
            titles.append(json.loads(socket.recv(timeout=BACK_SECONDS))["title"])

    def recovers(self) -> None:
        until(lambda: self.health()["status"] == "healthy", seconds=BACK_SECONDS)
        assert not [part.command for part in self.stack.parts if part.has_ended]

    def reads_and_writes(self, name: str) -> None:
        person = self.stack.webs[0].person(f"{name}@example.org")
        person.post("subscriptions", kind="topic", topic="space")
        assert person.get("subscriptions")["count"] == 1
        assert person.get("articles")["count"] >= 1


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as parts:
        yield House(parts, tmp_path_factory.mktemp("house"))


def test_everything_is_healthy_when_all_runs(house: House) -> None:
    house.recovers()
    answer = requests.get(f"{house.url}/readyz", timeout=5, headers={"Host": "10.0.0.7"})
    assert answer.status_code == 200
    with house.socket() as socket:
        house.tells(socket)


def test_metrics_know_of_every_process_when_one_is_asked(house: House) -> None:
    def processes() -> int:
        return len({sample.labels["process"] for sample in house.samples("frames_sent_total")})

    def total(name: str) -> float:
        return sum(sample.value for sample in house.samples(name))

    with house.socket() as socket:
        house.tells(socket)
        assert total("sockets_open") == 1
        until(lambda: processes() == len(house.stack.parts))
        # What the worker counted comes by its heartbeat.
        until(lambda: total("crawls_total") >= 1 and total("notifications_made_total") >= 1)
        assert total("frames_sent_total") >= 1
    until(lambda: total("sockets_open") == 0)


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_part_is_named_when_it_is_killed(house: House, name: str) -> None:
    part = {"worker": house.stack.workers[0], "beat": house.stack.beat}[name]
    with house.socket() as socket:
        part.kill()
        until(lambda: house.is_troubled_by(name), seconds=NAMED_WITHIN_SECONDS)
        assert house.health()["status"] == "degraded"
        house.reads_and_writes(f"without-{name}")
        part.start()
        house.recovers()
        house.tells(socket)


@pytest.mark.parametrize("how", ["killed", "silent"])
def test_redis_is_named_and_everything_goes_on_when_it_is_away(house: House, how: str) -> None:
    stop, start = {
        "killed": (house.redis.kill, house.redis.start),
        "silent": (house.redis.pause, house.redis.resume),
    }[how]
    with house.socket() as socket:
        stop()
        until(lambda: house.is_troubled_by("cache", "channel_layer"), seconds=NAMED_WITHIN_SECONDS)
        house.reads_and_writes(f"redis-{how}")
        start()
        house.recovers()
        house.tells(socket)


@pytest.mark.parametrize("how", ["closed", "silent"])
def test_broker_is_named_and_everything_goes_on_when_it_is_away(house: House, how: str) -> None:
    stop, start = _ways(house.broker, how)
    with house.socket() as socket:
        stop()
        until(lambda: house.is_troubled_by("broker"), seconds=NAMED_WITHIN_SECONDS)
        house.reads_and_writes(f"broker-{how}")
        start()
        house.recovers()
        house.tells(socket)


@pytest.mark.parametrize("how", ["closed", "silent"])
def test_database_is_named_and_everything_comes_back_when_it_is_away(
    house: House, how: str
) -> None:
    hidden = ("database", "worker", "beat", "outbox")
    stop, start = _ways(house.database, how)
    with house.socket() as socket:
        stop()
        until(lambda: house.is_troubled_by(*hidden), seconds=NAMED_WITHIN_SECONDS)
        assert house.health()["status"] == "unhealthy"
        with pytest.raises(AssertionError):  # all the while
            until(lambda: not house.is_troubled_by(*hidden), seconds=AWAY_SECONDS[how])
        start()
        house.recovers()
        house.tells(socket)


def test_api_answers_503_and_probes_go_on_when_the_database_is_away(house: House) -> None:
    bearer = {"Authorization": f"Bearer {house.reader.token}"}
    cookie = {"Cookie": "sessionid=nobodysnobodysnobodysnobodysnobo"}
    house.database.kill()
    try:
        for path in ("notifications", "topics"):
            _is_unavailable(requests.get(f"{house.url}/api/v1/{path}", headers=bearer, timeout=10))
        body = {"kind": "topic", "topic": "space"}
        subscriptions = f"{house.url}/api/v1/subscriptions"
        _is_unavailable(requests.post(subscriptions, json=body, headers=bearer, timeout=10))
        page = requests.get(f"{house.url}/status", headers=cookie, timeout=10)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "Database" in page.text
        until(lambda: house.health()["status"] == "unhealthy", seconds=NAMED_WITHIN_SECONDS)
        for path, status in (("livez", 200), ("readyz", 503), ("api/v1/health", 503)):
            answer = requests.get(f"{house.url}/{path}", headers=cookie, timeout=5)
            assert (path, answer.status_code) == (path, status)
        metrics = requests.get(f"{house.url}/metrics", timeout=5).text
        assert 'newsnotify_component_healthy{component="database"} 0.0' in metrics
    finally:
        house.database.start()
    house.recovers()


def _is_unavailable(answer: requests.Response) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["detail"]


def _ways(gate: Gate, how: str) -> tuple[Callable[[], None], Callable[[], None]]:
    return (gate.kill, gate.start) if how == "closed" else (gate.pause, gate.resume)


def test_person_is_told_of_everything_once_when_all_is_over(house: House) -> None:
    person: Person = house.reader
    titles = [row["title"] for row in person.get("notifications?limit=100")["results"]]
    assert sorted(titles) == sorted(house.titles[len(OLD) :])
