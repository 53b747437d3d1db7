"""Channels of every kind, and deliveries made and carried, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from news.tests.factories import NOW
from newsnotify.lib.tests.servers import Server
from notifications import posting
from notifications.channels import add
from notifications.deliver import deliver_due
from notifications.models import Attempt, Channel, Delivery, Notification
from notifications.transports import registry
from notifications.transports.base import Outcome, Parcel, Transport

LATER = timedelta(hours=1)


def make_phone(user: User, token: str = "phone") -> Channel:  # noqa: S107 - of a phone
    return add(user=user, kind="mock", given={"token": token}, now=NOW)[0]


def make_webhook(user: User, server: Server, path: str = "/hook") -> tuple[Channel, str]:
    """Make a webhook. Returns it and its secret."""
    given = {"url": server.url + path}
    channel, once = add(user=user, kind="webhook", given=given, now=NOW)
    return channel, once["secret"]


def notify(user: User, now: datetime = NOW, **fields: Any) -> Notification:
    given = {"title": "Something happened", "message": "It did.", **fields}
    return posting.notify(producer=posting.Producer(), user=user, fields=given, now=now)


def deliver(now: datetime = NOW) -> int:
    """Do what is due at a moment, which stands still."""
    return deliver_due(lambda: now)


def states() -> list[tuple[str, str]]:
    rows = Delivery.objects.order_by("pk")
    return [(row.kind, row.state) for row in rows]


def log_of(delivery: Delivery) -> list[str]:
    return list(
        Attempt.objects.filter(delivery=delivery).order_by("pk").values_list("result", flat=True)
    )


class Scripted(Transport):
    """A transport that does what a test says, one outcome after the other."""

    kind = "mock"
    pauses = (0, 30, 300)
    repeats_unknown = True

    def __init__(self, *outcomes: Outcome | Exception, repeats_unknown: bool = True) -> None:
        self.outcomes = list(outcomes)
        self.parcels: list[Parcel] = []
        vars(self)["repeats_unknown"] = repeats_unknown

    def clean(self, given: Any) -> Any:
        return registry.TRANSPORTS["webhook"].clean(given)

    async def send(self, parcel: Parcel) -> Outcome:
        self.parcels.append(parcel)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@contextmanager
def spoken_by(transport: Transport) -> Iterator[Transport]:
    """Let one transport speak for its kind."""
    known = vars(registry)["TRANSPORTS"]
    vars(registry)["TRANSPORTS"] = {**known, transport.kind: transport}
    try:
        yield transport
    finally:
        vars(registry)["TRANSPORTS"] = known
