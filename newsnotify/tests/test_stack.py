"""The way of an article on the production stack, whatever is killed on the way."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from newsnotify.lib.tests.servers import Server
from newsnotify.tests.feeds import published
from newsnotify.tests.processes import Person, until
from newsnotify.tests.servers import Gate, RedisServer, own_database, own_queue
from newsnotify.tests.stack import Part, Stack, Web

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

OLD = ("An old story", "Another old story")
AWAY_SECONDS, DOCUMENTS, PER_DOCUMENT = 30, 15, 20  # more new ones at once become one notification


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """Give one for both stacks: to make it takes as long as to start one."""
    with own_database() as url:
        yield url


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def broker(
    request: pytest.FixtureRequest, redis: RedisServer
) -> Iterator[tuple[str, RedisServer | Gate]]:
    """Give the broker's address and what can be killed of it."""
    if request.param == "redis":
        yield redis.url, redis
    else:
        with own_queue() as found:
            yield found


@pytest.fixture(scope="module")
def stack(
    broker: tuple[str, Any],
    redis: RedisServer,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    urls = {"REDIS_URL": redis.url, "CELERY_BROKER_URL": broker[0], "DATABASE_URL": database}
    data_dir = tmp_path_factory.mktemp("stack")
    with Stack(data_dir, webs=2, workers=2, **urls) as made:
        yield made


@pytest.fixture
def publisher() -> Iterator[Server]:
    with Server() as server:
        yield server


class Followed:
    """A source of a test's own, its topic, and a person who follows it."""

    def __init__(self, stack: Stack, publisher: Server) -> None:
        self.publisher, self.titles = publisher, list[str]()
        self.publish(*OLD)
        self.admin, topic = stack.webs[0].admin(), f"topic-{publisher.port}"
        self.admin.post("topics", slug=topic, name=topic)
        self.source = self.admin.post("sources", url=f"{publisher.url}/feed.xml", topic=topic)
        self.reader = stack.webs[0].person(f"reader-{publisher.port}@example.org")
        self.reader.post("subscriptions", kind="topic", topic=topic)

    def publish(self, *titles: str) -> None:
        self.titles += titles
        # Sites of their own: the same link in two sources is the same news.
        answer = published(*self.titles, site=f"https://{self.publisher.port}.example")
        self.publisher.respond = lambda _: answer

    def crawl(self) -> None:
        self.admin.post(f"sources/{self.source['id']}/crawl")

    def told(self) -> list[str]:
        return told(self.reader)


def told(person: Person) -> list[str]:
    """List what a person was told, oldest first."""
    count = person.get("notifications")["count"]
    pages = [person.get(f"notifications?limit=100&page={n + 1}") for n in range(count // 100 + 1)]
    return [row["title"] for page in reversed(pages) for row in reversed(page["results"])]


@pytest.fixture
def followed(stack: Stack, publisher: Server) -> Followed:
    return Followed(stack, publisher)


def socket_of(reader: Person, web: Web) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{web.port}/ws?token={reader.token}")


def frame(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=30))


def test_article_reaches_sockets_on_both_webs_once_when_published(
    stack: Stack, followed: Followed
) -> None:
    first, second = (socket_of(followed.reader, web) for web in stack.webs)
    with first, second:
        for title in ("Water found on the Moon", "More water"):
            followed.publish(title)
            assert [frame(socket)["title"] for socket in (first, second)] == [title, title]
    assert followed.told() == ["Water found on the Moon", "More water"]


def test_mark_is_seen_on_the_other_web_when_made_on_one(stack: Stack, followed: Followed) -> None:
    followed.publish("Water found on the Moon")
    [row] = until(lambda: followed.reader.get("notifications")["results"])
    followed.reader.patch(f"notifications/{row['id']}", read=True)
    followed.reader.url = stack.webs[1].url
    assert followed.reader.get(f"notifications/{row['id']}")["read"] is True
    assert followed.reader.get("notifications/counts") == {"unread": 0}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_everybody_is_told_once_when_a_process_is_killed_in_the_middle(
    stack: Stack, followed: Followed, name: str
) -> None:
    parts: list[Part] = {"web": stack.webs, "worker": stack.workers, "beat": [stack.beat]}[name]  # type: ignore[assignment]
    followed.publish("Before")
    followed.crawl()
    for part in parts:
        part.kill()
    followed.publish("Meanwhile")
    for part in parts:
        part.launch()
    for part in parts:
        part.wait()
    followed.publish("After")
    # In any order: what a killed worker had in hand waits until its lease ends.
    until(lambda: len(followed.told()) == 3, seconds=60)
    assert sorted(followed.told()) == ["After", "Before", "Meanwhile"]
    with socket_of(followed.reader, stack.webs[0]) as socket:
        followed.publish("And on")
        assert frame(socket)["title"] == "And on"
    assert sorted(followed.told()) == ["After", "And on", "Before", "Meanwhile"]


def test_nobody_is_signed_out_and_nothing_lost_when_redis_is_emptied(
    stack: Stack, followed: Followed, redis: RedisServer
) -> None:
    session = signed_in(stack.webs[0], followed.reader)
    followed.publish("Before")
    followed.crawl()
    redis.empty()
    followed.publish("After")
    assert until(lambda: followed.told()[1:]) == ["After"]
    assert session.get(f"{stack.webs[0].url}/inbox", timeout=10).url.endswith("/inbox")
    assert followed.reader.get("auth/me")["email"] == followed.reader.email


def signed_in(web: Web, person: Person) -> requests.Session:
    """Sign in on the page, as a browser does."""
    session = requests.Session()
    page = f"{web.url}/account/login"
    session.get(page, timeout=10)
    form = {"username": person.email, "password": person.password}
    form["csrfmiddlewaretoken"] = session.cookies["csrftoken"] or ""
    assert session.post(page, form, timeout=10).url.endswith("/inbox")
    return session


def test_everybody_is_told_of_all_once_when_the_broker_is_away_for_30_s(
    stack: Stack, followed: Followed, broker: tuple[str, RedisServer | Gate]
) -> None:
    others = [stack.webs[1].person(f"{n}-{followed.reader.email}") for n in range(2)]
    for person in others:
        person.post("subscriptions", kind="source", source=followed.source["id"])
    broker[1].kill()
    back_at = time.monotonic() + AWAY_SECONDS
    news = [f"News {n}" for n in range(DOCUMENTS * PER_DOCUMENT)]
    try:
        for start in range(0, len(news), PER_DOCUMENT):
            followed.publish(*news[start : start + PER_DOCUMENT])
            followed.crawl()
        until(lambda: time.monotonic() > back_at, seconds=2 * AWAY_SECONDS)
        assert not [part.command for part in stack.parts if part.has_ended]
    finally:
        broker[1].start()
    until(lambda: len(followed.told()) >= len(news), seconds=60)
    for person in (followed.reader, *others):
        assert sorted(told(person)) == sorted(news)
