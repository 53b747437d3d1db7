"""Every process says in the database that it is here, which parts it plays and what it counted.

A broker that is away hides no worker, and whoever answers `/metrics` knows of all processes.
"""

import logging
import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Any

from celery import bootsteps
from celery.signals import after_task_publish, beat_init, task_postrun
from django.db import connection
from django.utils.timezone import now

from newsnotify.lib import counts
from newsnotify.lib.asgi_types import App, Message, Receive, Scope, Send
from newsnotify.lib.impatience import hurry

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
COUNTS_EVERY = 5  # beats: counts are some kilobytes
PATIENCE_SECONDS = 5
KEEP = timedelta(hours=1)  # rows of processes that are gone


class Heart:
    """The heart of this process; it beats in a thread of its own once a part has joined."""

    def __init__(self) -> None:
        self.process = f"{socket.gethostname()}:{os.getpid()}"[-100:]
        self.worked_at: dict[str, datetime] = {}
        self._is_beating = False
        self._is_well = True

    def join(self, part: str) -> None:
        """Name a part that this process plays: web, worker or beat."""
        self.worked_at[part] = now()
        if not self._is_beating:
            self._is_beating = True
            self._start()

    def worked(self, part: str) -> None:
        """Note that a part has done its work; costs no query."""
        if part in self.worked_at:
            self.worked_at[part] = now()

    def _start(self) -> None:
        threading.Thread(target=self._run, name="heart", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        beat_count = 0
        hurry(PATIENCE_SECONDS)
        while True:
            if self.try_to_beat(with_counts=beat_count % COUNTS_EVERY == 0):
                beat_count += 1
            pause.wait(BEAT_SECONDS)

    def try_to_beat(self, *, with_counts: bool) -> bool:
        """Beat; what hinders it is logged once, and told by False."""
        try:
            self.beat(with_counts=with_counts)
        except Exception as error:  # noqa: BLE001 - whatever ails the database, the heart goes on
            connection.close()
            if self._is_well:
                log.warning("heartbeat not written", extra={"error": repr(error)})
            self._is_well = False
        else:
            self._is_well = True
        return self._is_well

    def beat(self, *, with_counts: bool = True) -> None:
        """Write this process's row; the first one forgets processes that are long gone."""
        from accounts.models import Heartbeat  # Celery is set up before models are

        moment = now()
        parts = {part: at.isoformat() for part, at in dict(self.worked_at).items()}
        fields: dict[str, Any] = {"beaten_at": moment, "parts": parts}
        if with_counts:
            fields["counts"] = counts.snapshot()
        if not Heartbeat.objects.filter(process=self.process).update(**fields):
            Heartbeat.objects.filter(beaten_at__lt=moment - KEEP).delete()
            Heartbeat.objects.create(process=self.process, **fields)


heart = Heart()


class WorkerHeart(bootsteps.StartStopStep):
    """Joins with Celery's worker, on the command line and in the one-process mode alike."""

    def start(self, parent: Any) -> None:
        heart.join("worker")

    def stop(self, parent: Any) -> None:
        """Leave nothing behind: a heart ends with its process."""


class WebHeart:
    """ASGI middleware: joins when the server starts."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                heart.join("web")
            await send(message)

        await self.app(scope, receive, told if scope["type"] == "lifespan" else send)


@beat_init.connect
def _beat_began(**_: Any) -> None:
    heart.join("beat")


@task_postrun.connect
def _task_done(**_: Any) -> None:
    heart.worked("worker")


@after_task_publish.connect
def _task_sent(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if "periodic_task_name" in (headers or {}):  # the others are doorbells
        heart.worked("beat")
