from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.conf import LazySettings
from django.core.cache import caches

from newsnotify.lib import cache as forgiving
from newsnotify.lib import ratelimit
from newsnotify.lib.ratelimit import Limit, Memory, take
from newsnotify.tests.servers import RedisServer

TEN = Limit("tests", 10, 60)
SECOND = 1_000_000


@dataclass
class Clock:
    now: int = 0

    def __call__(self) -> int:
        return self.now


def step(memory: Memory, who: str = "ann") -> int:
    """Take one of ten a minute; tells how many seconds to wait for it."""
    return memory.step(who, 60 * SECOND, 6 * SECOND)[0] // SECOND


def test_ten_are_admitted_at_once_and_then_one_every_six_seconds() -> None:
    clock = Clock()
    memory = Memory(clock)
    assert [step(memory) for _ in range(12)] == [0] * 10 + [6, 6]
    clock.now += 5 * SECOND
    assert step(memory) == 1
    clock.now += 1 * SECOND
    assert [step(memory) for _ in range(2)] == [0, 6]
    clock.now += 600 * SECOND
    assert [step(memory) for _ in range(11)] == [0] * 10 + [6]


def test_one_is_counted_whatever_another_does() -> None:
    memory = Memory(Clock())
    assert [step(memory) for _ in range(11)][-1] == 6
    assert step(memory, "bob") == 0


def test_memory_stays_small_when_many_come_and_go() -> None:
    clock = Clock()
    memory = Memory(clock)
    for number in range(50_000):
        clock.now += SECOND // 1000
        step(memory, str(number))
    assert len(memory._spent_until) < 25_000


def test_what_was_taken_is_told_in_full() -> None:
    ratelimit.memory.clear()
    first = take(TEN, "told")
    assert (first.is_admitted, first.remaining, first.reset_seconds) == (True, 9, 6)
    last = [take(TEN, "told") for _ in range(9)][-1]
    assert (last.is_admitted, last.remaining, last.reset_seconds) == (True, 0, 60)
    over = take(TEN, "told")
    assert (over.is_admitted, over.wait_seconds, over.remaining) == (False, 6, 0)


def count_admitted(who: str, tries: int = 60) -> int:
    with ThreadPoolExecutor(8) as threads:
        return sum(threads.map(lambda _: take(TEN, who).is_admitted, range(tries)))


def test_exactly_as_many_are_admitted_when_all_come_at_once() -> None:
    ratelimit.memory.clear()
    assert count_admitted("crowd") == 10


@pytest.fixture
def redis(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    monkeypatch.setattr(forgiving, "_away_until", 0.0)
    ratelimit.memory.clear()
    with RedisServer() as server:
        backend = "newsnotify.lib.cache.ForgivingCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": server.url}}
        yield server
        caches["default"]._cache.get_client(None, write=True).connection_pool.disconnect()  # type: ignore[attr-defined]


@pytest.mark.stack
def test_exactly_as_many_are_admitted_when_redis_counts(redis: RedisServer) -> None:
    assert count_admitted("crowd") == 10
    over = take(TEN, "crowd")
    assert (over.is_admitted, over.remaining) == (False, 0)
    assert 1 <= over.wait_seconds <= 6
    with redis.client() as client:
        [key] = client.keys()
        assert b"crowd" not in key
        assert 50_000 < client.pttl(key) <= 60_000


@pytest.mark.stack
@pytest.mark.parametrize("leave", [RedisServer.kill, RedisServer.pause])
def test_limit_holds_in_each_process_when_redis_is_away(redis: RedisServer, leave: object) -> None:
    assert take(TEN, "crowd").remaining == 9
    assert callable(leave)
    leave(redis)
    assert count_admitted("crowd") == 10
    assert not take(TEN, "crowd").is_admitted
