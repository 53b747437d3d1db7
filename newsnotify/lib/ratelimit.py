"""How many of something in how long: the generic cell rate algorithm.

A limit of 10 in 60 s admits 10 at once, and after that one every 6 s. All that is kept of
somebody is one moment: when he would be back to nothing spent. It is the leaky bucket of
ITU-T I.371, annex A, exact and without a list of what was.

Kept in Redis, which decides in one step and by its own clock for all processes; without Redis,
or while it is away, in the memory of each process.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import caches

from newsnotify.lib.cache import ForgivingCache

# Microseconds, which a double holds exactly for some centuries.
_STEP = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local spent_until = math.max(tonumber(redis.call('GET', KEYS[1])) or 0, now)
local wait = spent_until + cost - period - now
if wait <= 0 then
  spent_until = spent_until + cost
  redis.call('SET', KEYS[1], string.format('%.0f', spent_until),
             'PX', math.ceil((spent_until - now) / 1000))
end
return {math.max(wait, 0), spent_until - now}
"""
_SECOND = 1_000_000
_FEW = 10_000  # of so few who are known in memory nobody is looked through


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` at once, and as many again over `seconds`."""

    name: str
    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What one more of something came to."""

    limit: Limit
    wait_seconds: int  # until it would be admitted; 0 when it was
    remaining: int
    reset_seconds: int  # until nothing is spent

    @property
    def is_admitted(self) -> bool:
        return self.wait_seconds == 0


def take(limit: Limit, who: str) -> Taken:
    """Count one more of what `limit` bounds, unless it is too much; `who` is only hashed."""
    name = limit.name.replace(" ", "-")
    key = f"limit:{name}:{sha256(who.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    period = limit.seconds * _SECOND
    cost = period // limit.count
    shared = caches["default"]
    answer = shared.run(_STEP, key, period, cost) if isinstance(shared, ForgivingCache) else None
    wait, spent = answer or memory.step(key, period, cost)
    return Taken(
        limit=limit,
        wait_seconds=math.ceil(wait / _SECOND),
        remaining=max(period - spent, 0) // cost,
        reset_seconds=math.ceil(spent / _SECOND),
    )


class Memory:
    """The same in the memory of a process; who has nothing spent is forgotten in time."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock  # in microseconds
        self._spent_until: dict[str, int] = {}
        self._lock = threading.Lock()
        self._many = _FEW

    def step(self, key: str, period: int, cost: int) -> tuple[int, int]:
        with self._lock:
            now = self._clock()
            spent_until = max(self._spent_until.get(key, 0), now)
            wait = max(spent_until + cost - period - now, 0)
            if not wait:
                spent_until += cost
                self._spent_until[key] = spent_until
                self._forget(now)
            return wait, spent_until - now

    def _forget(self, now: int) -> None:
        if len(self._spent_until) > self._many:
            self._spent_until = {k: at for k, at in self._spent_until.items() if at > now}
            self._many = max(_FEW, 2 * len(self._spent_until))

    def clear(self) -> None:
        with self._lock:
            self._spent_until.clear()


memory = Memory(lambda: time.monotonic_ns() // 1000)
