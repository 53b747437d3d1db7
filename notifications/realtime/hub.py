"""All sockets of this process, and what they have to be told.

A doorbell, a drained socket, a new one or the sweep only mark users; one task reads what lies
beyond the cursors of those marked, many users in one query, and hands it to their sockets.
So a burst of doorbells costs one read, and live push and resume are the same read.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from accounts import socket_auth
from newsnotify.lib import counts, doorbell
from newsnotify.lib.database_threads import in_thread
from notifications import selectors
from notifications.realtime import reading
from notifications.realtime.connection import Connection
from notifications.realtime.listening import Listener

log = logging.getLogger(__name__)

Item = TypeVar("Item")

SHUTDOWN, REVOKED, TOO_MANY = 4001, 4500, 4504

USERS_AT_ONCE = 200  # SQLite takes expressions up to a depth of 1,000
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Limits:
    sweep_seconds: float = 25.0  # heals lost doorbells
    revocation_seconds: float = 8.0  # a sign-in's sockets outlive it by no more
    slow_seconds: float = 10.0
    connections_per_user: int = 20
    retry_seconds: float = 1.0  # after a failed read


class Hub:
    """The sockets of one event loop; every method but the reads runs on that loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bell_count = 0
        self._connections: dict[int, set[Connection]] = {}
        self._marked: dict[int, int] = {}  # user → a revision known to be in the tables
        self._has_marked = asyncio.Event()
        self._doubted: set[int] = set()  # users of whom a sign-in ended
        self._has_doubted = asyncio.Event()
        self._listener = Listener(on_bell=self._ring, on_end=self._doubt, on_join=self._mark_all)
        self._tasks: list[asyncio.Task[None]] = []
        self.is_stopped = False

    @property
    def connection_count(self) -> int:
        return sum(map(len, self._connections.values()))

    def start(self) -> None:
        doorbell.attach(asyncio.get_running_loop())
        self._tasks = [
            asyncio.create_task(self._listener.run()),
            asyncio.create_task(self._read_marked()),
            asyncio.create_task(_every(self.limits.sweep_seconds, self._sweep)),
            asyncio.create_task(_every(self.limits.revocation_seconds, self._close_revoked)),
            asyncio.create_task(_every(0, self._close_doubted)),
        ]

    def close_all(self) -> None:
        """Close every socket because the server goes away; none may join any more."""
        self.is_stopped = True
        for connection in list(self._all()):
            connection.close(SHUTDOWN)

    async def stop(self) -> None:
        self.close_all()
        doorbell.attach(None)
        running = set(self._tasks)
        while running:  # again: redis-py swallows what comes while it connects
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=doorbell.WAIT_SECONDS)

    def join(self, connection: Connection, *, heard: int) -> None:
        """Take in a socket whose cursor was read when `heard` bells had rung, or close it."""
        user_id = connection.identity.user_id
        if self.is_stopped:
            connection.close(SHUTDOWN)
        elif len(self._connections.get(user_id, ())) >= self.limits.connections_per_user:
            connection.close(TOO_MANY)
        else:
            connection.slow_seconds = self.limits.slow_seconds
            connection.on_drained = self._go_on
            self._connections.setdefault(user_id, set()).add(connection)
            counts.SOCKETS.inc()
            if connection.is_behind or heard != self.bell_count:
                self._mark(user_id)

    def leave(self, connection: Connection) -> None:
        """Forget a socket; again is fine."""
        connection.forget()
        user_id = connection.identity.user_id
        sockets = self._connections.get(user_id, set())
        counts.SOCKETS.dec(connection in sockets)
        others = sockets - {connection}
        if others:
            self._connections[user_id] = others
        else:
            self._connections.pop(user_id, None)

    def _all(self) -> Iterator[Connection]:
        return (item for items in self._connections.values() for item in items)

    def _ring(self, first: int, last: int) -> None:
        self.bell_count += 1
        if last - first < len(self._connections):
            users: Iterable[int] = range(first, last + 1)
        else:
            users = list(self._connections)
        for user_id in users:
            if first <= user_id <= last and user_id in self._connections:
                self._mark(user_id)

    def _doubt(self, user_id: int) -> None:
        if user_id in self._connections:
            self._doubted.add(user_id)
            self._has_doubted.set()

    def _mark(self, user_id: int, revision: int = 0) -> None:
        self._marked[user_id] = max(revision, self._marked.get(user_id, 0))
        self._has_marked.set()

    def _mark_all(self) -> None:
        self.bell_count += 1
        for user_id in self._connections:
            self._mark(user_id)

    def _go_on(self, connection: Connection) -> None:
        if connection.is_closed:
            self.leave(connection)
        elif connection.is_behind:
            self._mark(connection.identity.user_id)

    async def _sweep(self) -> None:
        await self._listener.renew()
        for users in _chunks(self._connections):
            for user_id, revision in (await in_thread(selectors.revisions_of, users)).items():
                sockets = self._connections.get(user_id, ())
                if any(socket.cursor < revision for socket in sockets):
                    self._mark(user_id, revision)

    async def _read_marked(self) -> None:
        while True:
            await self._has_marked.wait()
            marked = dict(islice(self._marked.items(), USERS_AT_ONCE))
            for user_id in marked:
                del self._marked[user_id]
            try:
                await self._tell(marked)
            except Exception:
                log.exception("inboxes not read")
                await asyncio.sleep(self.limits.retry_seconds)
                for user_id, revision in marked.items():
                    self._mark(user_id, revision)
            if not self._marked:
                self._has_marked.clear()

    async def _tell(self, marked: dict[int, int]) -> None:
        ready = {user_id: sockets for user_id in marked if (sockets := self._ready(user_id))}
        if not ready:
            return
        revisions = {user: min(s.cursor for s in sockets) for user, sockets in ready.items()}
        page = await in_thread(reading.read, revisions)
        for user_id, sockets in ready.items():
            is_whole = user_id not in page.unfinished
            seen = max(page.reached.get(user_id, 0), marked[user_id] if is_whole else 0)
            for socket in sockets:
                if socket.is_ready:
                    socket.push(page.news.get(user_id, ()), seen=seen)
            if not is_whole or any(socket.is_ready and socket.is_behind for socket in sockets):
                self._mark(user_id)

    def _ready(self, user_id: int) -> list[Connection]:
        """List a user's sockets that can be written to; the others will be behind."""
        sockets = self._connections.get(user_id, ())
        for socket in sockets:
            socket.is_behind = not socket.is_ready
        return [socket for socket in sockets if socket.is_ready]

    async def _close_doubted(self) -> None:
        await self._has_doubted.wait()
        self._has_doubted.clear()
        doubted, self._doubted = self._doubted, set()
        await self._close(s for user in doubted for s in self._connections.get(user, ()))

    async def _close_revoked(self) -> None:
        await self._close(self._all())

    async def _close(self, suspected: Iterable[Connection]) -> None:
        """Close those sockets whose sign-in is over."""
        for sockets in _chunks(suspected):
            over = await in_thread(socket_auth.ended, [socket.identity for socket in sockets])
            for socket in sockets:
                if socket.identity in over:
                    socket.close(REVOKED)


class Hubs:
    """The hub of each event loop: a server has one, tests have many."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._hubs: dict[asyncio.AbstractEventLoop, Hub] = {}

    @property
    def connection_count(self) -> int:
        return sum(hub.connection_count for hub in self._hubs.values())

    def here(self) -> Hub:
        """Find the hub of the running loop, or start it."""
        loop = asyncio.get_running_loop()
        if loop not in self._hubs:
            self._hubs[loop] = Hub(self.limits)
            self._hubs[loop].start()
        return self._hubs[loop]

    async def stop_here(self) -> None:
        """Stop the hub of the running loop."""
        if hub := self._hubs.pop(asyncio.get_running_loop(), None):
            await hub.stop()


async def _every(seconds: float, do: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await do()
        except Exception:
            log.exception("hub's round failed", extra={"round": do.__name__})


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = list(items)
    return (rest[at : at + ROWS_AT_ONCE] for at in range(0, len(rest), ROWS_AT_ONCE))
