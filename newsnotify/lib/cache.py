"""A cache in Redis that nobody has to fear for: without it things are slower, never wrong."""

import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

T = TypeVar("T")

WAIT_SECONDS = 0.5
PAUSE_SECONDS = 2.0  # a Redis that is away is left alone so long

_away_until = 0.0  # by the monotonic clock
# Keys that could not be written: what Redis has of them is old, and goes before it is read.
_owed: set[str] = set()
OWED_LIMIT = 10_000  # of so many nobody keeps account: all that is ours goes


class ForgivingCache(RedisCache):
    """Django's, but a Redis that is away is an empty one, and holds up nobody for long."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_connect_timeout": WAIT_SECONDS,
            "socket_timeout": WAIT_SECONDS,
            "retry": Retry(NoBackoff(), 1),  # a connection that went stale; by default 3, slowly
        }
        super().__init__(server, {**params, "OPTIONS": {**options, **params.get("OPTIONS", {})}})
        self._class = partial(_Client, prefix=self.key_prefix)

    def clear(self) -> None:
        """Remove what is ours: the broker's messages may live in the same database."""
        self._ours.remove_all()

    def run(self, script: str, key: str, *values: float) -> Any:
        """Run a Lua script on a key in one step; None when Redis is away."""
        return self._ours.run(script, self.make_and_validate_key(key), *values)

    @property
    def _ours(self) -> "_Client":
        client = self._cache
        assert isinstance(client, _Client)  # noqa: S101 - see _class
        return client


class _Client(RedisCacheClient):
    """Each method as `RedisCache` calls it, with what an empty cache would answer."""

    def __init__(self, *args: Any, prefix: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ours = f"{prefix}:*"

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(partial(super().get, *args), args[1])

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        nothing: dict[Any, Any] = {}
        return self._ask(partial(super().get_many, *args), nothing)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask(partial(super().has_key, *args), False)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask(partial(super().add, *args), False)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask(partial(super().touch, *args), False)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        found = self._ask(partial(super().incr, *args), None)
        if found is None:
            raise ValueError(f"Key '{args[0]}' not found.")  # Django's for what is not there
        return found

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask(partial(super().set, *args), None, owed=[args[0]])

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask(partial(super().delete, *args), False, owed=[args[0]])

    def set_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask(partial(super().set_many, *args), None, owed=args[0])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        keys = list(args[0])
        self._ask(partial(super().delete_many, keys), None, owed=keys)

    def run(self, script: str, key: str, *values: float) -> Any:
        client = self.get_client(key, write=True)
        return self._ask(partial(client.register_script(script), [key], values), None)

    def remove_all(self) -> None:
        """Remove every key of ours."""
        self._ask(self._remove_all, None)

    def _remove_all(self) -> None:
        client = self.get_client(None, write=True)
        for key in client.scan_iter(match=self._ours, count=1000):
            client.unlink(key)

    def _ask(self, do: Callable[[], T], otherwise: T, owed: Iterable[str] = ()) -> T:
        global _away_until
        try:
            if time.monotonic() >= _away_until:
                self._pay()
                return do()
        except RedisError as error:
            _away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("cache away", extra={"error": repr(error)})
        if len(_owed) <= OWED_LIMIT:
            _owed.update(owed)
        return otherwise

    def _pay(self) -> None:
        if len(_owed) > OWED_LIMIT:
            self._remove_all()
            _owed.clear()
        elif _owed:
            keys = list(_owed)
            super().delete_many(keys)
            _owed.difference_update(keys)
