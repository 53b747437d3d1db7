import time
from collections.abc import Iterator

import pytest

from newsnotify.lib import cache as forgiving
from newsnotify.lib.cache import ForgivingCache
from newsnotify.tests.servers import RedisServer

pytestmark = pytest.mark.stack


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def cache(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgivingCache]:
    monkeypatch.setattr(forgiving, "_away_until", 0.0)
    made = ForgivingCache(redis.url, {"KEY_PREFIX": "here"})
    yield made
    made._cache.get_client(None, write=True).connection_pool.disconnect()


def come_back(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.resume()
    monkeypatch.setattr(forgiving, "_away_until", 0.0)


@pytest.mark.parametrize("leave", [RedisServer.kill, RedisServer.pause])
def test_cache_is_an_empty_one_soon_when_redis_is_away(
    cache: ForgivingCache, redis: RedisServer, leave: object
) -> None:
    cache.set_many({"a": 1, "b": [2]})
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": [2]}
    assert callable(leave)
    leave(redis)
    began = time.monotonic()
    for _ in range(100):
        assert (cache.get("a", "nothing"), cache.get_many(["a"])) == ("nothing", {})
        assert (cache.add("c", 1), cache.touch("a"), "a" in cache) == (False, False, False)
        assert not cache.delete("c")
        cache.set("c", 1)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    assert time.monotonic() - began < 2


def test_old_value_is_not_read_again_when_it_could_not_be_replaced(
    cache: ForgivingCache, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.set_many({"changed": "old", "deleted": "old", "kept": "old"})
    redis.pause()
    cache.set("changed", "new")
    cache.delete("deleted")
    come_back(redis, monkeypatch)
    assert cache.get_many(["changed", "deleted", "kept"]) == {"kept": "old"}


def test_all_of_ours_goes_when_too_many_could_not_be_replaced(
    cache: ForgivingCache, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgiving, "OWED_LIMIT", 10)
    with redis.client() as client:
        client.set("theirs", 1)
    cache.set_many({str(n): "old" for n in range(100)})
    redis.pause()
    cache.set_many({str(n): "new" for n in range(50)})
    for n in range(50, 100):
        cache.set(str(n), "new")
    assert len(forgiving._owed) < 100  # what is kept in mind is bounded
    come_back(redis, monkeypatch)
    assert cache.get_many([str(n) for n in range(100)]) == {}
    with redis.client() as client:
        assert client.keys() == [b"theirs"]
    cache.set("1", "new")
    assert cache.get("1") == "new"


def test_clear_removes_only_what_is_ours_when_others_use_the_same_redis(
    cache: ForgivingCache, redis: RedisServer
) -> None:
    cache.set("a", 1)
    with redis.client() as client:
        client.set("theirs", 1)
        cache.clear()
        assert client.keys() == [b"theirs"]
