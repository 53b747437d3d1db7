"""Doorbells: messages that only say "look now". Losing one costs time, never data.

`ring` asks the workers to look at a queue table, `ring_inboxes` asks the web processes to look
at the inboxes of a range of users, `ring_sign_ins` at whether a user's sockets may stay. All
wait for the commit, never raise, and never hold up their caller for more than half a second.
This is the only place that sends tasks.
"""

import asyncio
import logging
import threading
import time
from functools import partial
from typing import Any

from celery import current_app
from channels.layers import get_channel_layer
from django.db import transaction

from newsnotify.lib import counts

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.5
PAUSE_SECONDS = 5.0  # a broker that is away is left alone so long; the schedule's sweeps go on
SEND_SECONDS = 5.0  # to the hubs, in the background: a process's first connection is slow
HUBS = "hubs"  # the channel layer's group of all hubs

_server_loop: asyncio.AbstractEventLoop | None = None
_own_loop: asyncio.AbstractEventLoop | None = None
_starting = threading.Lock()
_broker_away_until = _hubs_away_until = 0.0  # by the monotonic clock


def attach(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the event loop of the web server in this process.

    The in-memory channel layer wakes nobody when it is called from another thread's loop.
    """
    global _server_loop
    _server_loop = loop


def ring(task: str) -> None:
    """Ask a worker to run `task` once this transaction is committed."""
    transaction.on_commit(partial(_send_task, task))


def ring_inboxes(first_user_id: int, last_user_id: int) -> None:
    """Tell every hub that inboxes of users in this range changed, once committed."""
    message = {"type": "inboxes.changed", "first": first_user_id, "last": last_user_id}
    transaction.on_commit(partial(_tell_hubs, message))


def ring_sign_ins(user_id: int) -> None:
    """Tell every hub that sign-ins of this user ended, once committed."""
    message = {"type": "sign_ins.ended", "user": user_id}
    transaction.on_commit(partial(_tell_hubs, message))


def _send_task(task: str) -> None:
    global _broker_away_until
    if time.monotonic() < _broker_away_until:
        counts.UNRUNG.labels("task").inc()
        return
    # Clients of brokers have no limit for all they do together: connect, greet, send.
    sending = _Sending(task)
    sending.start()
    sending.join(WAIT_SECONDS)
    if sending.error or sending.is_alive():
        _broker_away_until = time.monotonic() + PAUSE_SECONDS
        counts.UNRUNG.labels("task").inc()
        log.warning("doorbell not rung", extra={"task": task, "error": sending.error or "timeout"})


class _Sending(threading.Thread):
    def __init__(self, task: str) -> None:
        super().__init__(name="doorbell", daemon=True)
        self.task, self.error = task, ""

    def run(self) -> None:
        global _broker_away_until
        try:
            current_app.send_task(self.task, retry=False, ignore_result=True)
            _broker_away_until = 0.0  # it was only slow, as the first connection is
        except Exception as error:  # noqa: BLE001 - whatever ails the broker, the rows are committed
            self.error = repr(error)


def _tell_hubs(message: dict[str, Any]) -> None:
    global _hubs_away_until
    if _server_loop is not None and _server_loop.is_running():
        asyncio.run_coroutine_threadsafe(_group_send(message), _server_loop)
        return
    sending = asyncio.run_coroutine_threadsafe(_group_send(message), _background_loop())
    if time.monotonic() < _hubs_away_until:
        return  # it goes on, and we do not wait for it
    try:
        sending.result(WAIT_SECONDS)
    except TimeoutError:
        _hubs_away_until = time.monotonic() + PAUSE_SECONDS


def _background_loop() -> asyncio.AbstractEventLoop:
    """Give this process a loop that keeps its connection from one bell to the next."""
    global _own_loop
    with _starting:
        if _own_loop is None:
            _own_loop = asyncio.new_event_loop()
            threading.Thread(
                target=_own_loop.run_forever, name="doorbell to hubs", daemon=True
            ).start()
        return _own_loop


async def _group_send(message: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(HUBS, message)
    except Exception as error:  # noqa: BLE001 - see _Sending
        counts.UNRUNG.labels("hubs").inc()
        log.warning("hubs not told", extra={"error": repr(error)})
