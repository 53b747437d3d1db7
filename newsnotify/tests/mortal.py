"""A process of the product that dies by SIGKILL where it is told to, and is started again.

    python -m newsnotify.tests.mortal MODULE [ARGUMENT…]      as `python -m MODULE [ARGUMENT…]`

It dies at a point for which somebody put a file into `DATA_DIR` (`arm`), once for each file, and
of every payload whose title is POISON. The process above it, which has loaded everything and
does nothing, starts it again, as a supervisor does in production.

Sweeps come every second here, and the leases of the dead end with them: waiting for both by the
clock would show no more.
"""

import os
import runpy
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

BELL = "after the commit, before the bell"
FAN_OUT = "in the middle of the fan-out"
CLAIM = "after the claim, before sending"
SENT = "after sending, before recording"
POISON = "Poison"
CHUNK = 5  # users told together
SWEEP = timedelta(seconds=1)
DIED = "killed by SIGKILL\n"


def arm(data_dir: Path, point: str) -> Path:
    """Let the next process that comes to a point die there; the file is gone when it does."""
    file = data_dir / point
    file.touch()
    return file


def come_to(point: str) -> None:
    from django.conf import settings

    try:
        (settings.DATA_DIR / point).unlink()
    except FileNotFoundError:
        return
    die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def make_mortal() -> None:
    from newsnotify.celery import app
    from newsnotify.lib import doorbell
    from notifications import claims, deliver, fanout, reach, recording
    from notifications.transports.webhook import Webhook

    for tick in app.conf.beat_schedule.values():
        tick["schedule"] = SWEEP if tick["schedule"] < timedelta(minutes=1) else tick["schedule"]
    vars(fanout)["CHUNK"] = CHUNK
    vars(doorbell)["_send_task"] = _dies_before(doorbell._send_task, BELL)
    vars(claims)["begin"] = _dies_before(claims.begin, CLAIM)
    vars(reach)["make_for_chunk"] = _dies_in_the_middle(reach.make_for_chunk)
    vars(deliver)["record"] = _dies_before_outcomes(recording.record)
    transport: Any = Webhook
    transport.send = _dies_of_poison(Webhook.send)


def _dies_before(act: Any, point: str) -> Any:
    def acted(*arguments: Any) -> Any:
        come_to(point)
        return act(*arguments)

    return acted


def _dies_in_the_middle(make: Any) -> Any:
    def made(event: Any, *arguments: Any) -> None:
        from notifications.models import Notification

        make(event, *arguments)
        if Notification.objects.filter(event=event).count() > CHUNK:
            come_to(FAN_OUT)  # a chunk is committed, this one is not

    return made


def _dies_before_outcomes(record: Any) -> Any:
    def recorded(changes: Any, now: Any) -> None:
        if any(change.outcome for change in changes):
            come_to(SENT)
        record(changes, now)

    return recorded


def _dies_of_poison(send: Any) -> Any:
    async def sent(self: Any, parcel: Any) -> Any:
        if any(item.title == POISON for item in parcel.items):
            die()
        return await send(self, parcel)

    return sent


def supervise(*command: str) -> None:
    """Run a command again and again until it ends well."""
    code = 1
    while code:
        pid = os.fork()
        if not pid:
            sys.argv = list(command)
            runpy.run_module(command[0], run_name="__main__", alter_sys=True)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == -signal.SIGKILL:
            if not {"worker", "up"}.isdisjoint(command):
                end_leases()
            sys.stdout.write(DIED)
            sys.stdout.flush()


def end_leases() -> None:
    """Let everything be due that the dead had in hand; nobody else has anything."""
    from django.db import connection
    from django.utils.timezone import now

    from notifications.models import Delivery, Lane

    Delivery.objects.exclude(lease="").filter(due_at__gt=now()).update(due_at=now())
    Lane.objects.filter(leased_until__gt=now()).update(leased_until=now())
    connection.close()  # a connection is nothing to be inherited


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
    import django

    django.setup()

    from newsnotify.tests import mortal  # one module, however it was started

    mortal.make_mortal()
    from newsnotify import asgi  # noqa: F401 - loaded once for all lives

    mortal.supervise(*sys.argv[1:])
