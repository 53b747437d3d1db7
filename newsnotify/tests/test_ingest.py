"""Events posted again and again, while what takes them is killed: each is there once."""

import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from newsnotify.tests.processes import Person, Product, until
from newsnotify.tests.servers import IS_STACK, RedisServer, own_database, own_queue
from newsnotify.tests.stack import Stack

pytestmark = pytest.mark.timeout(300)
EVENTS, KILLS = 500, 5


@dataclass
class House:
    url: str
    admin: Person
    kill: Callable[[], None]
    start: Callable[[], None]

    def post(self, key: str, title: str, headers: dict[str, str]) -> requests.Response:
        body = {"title": title, "message": "It happened.", "topic": "tech"}
        headers = {**headers, "Idempotency-Key": key}
        return requests.post(f"{self.url}/api/v1/events", json=body, headers=headers, timeout=30)

    def producer(self) -> dict[str, str]:
        key = self.admin.post("keys", name="tests", scopes=["events:write"])["key"]
        return {"Authorization": f"Api-Key {key}"}

    def reader(self) -> Person:
        email, password = f"{secrets.token_hex(6)}@example.org", "a reader of tests"
        body = {"email": email, "password": password}
        requests.post(f"{self.url}/api/v1/auth/register", json=body, timeout=10)
        person = Person(self.url, email, password)
        person.post("subscriptions", kind="topic", topic="tech")
        return person


@pytest.fixture(scope="module", params=["stack" if IS_STACK else "one process"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("ingest")
    if request.param == "one process":
        with Product(data_dir, ACCESS_TOKEN_MINUTES="60") as product:
            yield House(product.url, product.admin(), lambda: kill(product), product.start)
        return
    with RedisServer() as redis, own_queue() as (broker, _), own_database() as database:
        servers = {"CELERY_BROKER_URL": broker, "DATABASE_URL": database}
        with Stack(data_dir, webs=1, workers=1, REDIS_URL=redis.url, **servers) as stack:
            web = stack.webs[0]
            yield House(web.url, web.admin(), web.kill, web.start)


def kill(product: Product) -> None:
    product.end(9)


def test_one_event_and_equal_answers_when_one_key_is_posted_50_times_at_once(
    house: House,
) -> None:
    reader, headers = house.reader(), house.producer()
    with ThreadPoolExecutor(50) as threads:
        posts = [threads.submit(house.post, "one", "Once", headers) for _ in range(50)]
        answers = Counter((post.result().status_code, post.result().text) for post in posts)
    [(code, _)] = answers
    assert (code, answers.total()) == (202, 50)
    until(lambda: reader.get("notifications")["count"])
    assert reader.get("notifications")["count"] == 1


def test_each_event_is_told_once_when_the_web_is_killed_and_posts_are_repeated(
    house: House,
) -> None:
    readers, headers = [house.reader() for _ in range(2)], house.producer()
    titles, done = [f"News {number}" for number in range(EVENTS)], threading.Event()
    killing = threading.Thread(target=kill_now_and_then, args=(house, done))
    killing.start()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda title: post_until_accepted(house, title, headers), titles))
    done.set()
    killing.join()
    for reader in readers:
        told_in_time = partial(has_at_least, reader, EVENTS)
        until(told_in_time, seconds=60)
        assert Counter(told(reader)) == Counter(titles)


def kill_now_and_then(house: House, done: threading.Event) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    for _ in range(KILLS):
        if done.wait(chance.uniform(0.5, 3)):
            return
        house.kill()
        house.start()


def post_until_accepted(house: House, title: str, headers: dict[str, str]) -> None:
    until(partial(accepted, house, title, headers), seconds=120)


def has_at_least(reader: Person, count: int) -> bool:
    return bool(reader.get("notifications")["count"] >= count)


def accepted(house: House, title: str, headers: dict[str, str]) -> bool:
    """Post as a producer does that is not sure: the same again until it is accepted."""
    try:
        return house.post(title, title, headers).status_code == 202
    except requests.RequestException:
        return False


def told(reader: Person) -> list[str]:
    pages: list[Any] = [reader.get(f"notifications?limit=100&page={n}") for n in range(1, 7)]
    return [row["title"] for page in pages for row in page["results"]]
