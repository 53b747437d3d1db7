"""A worker in a process of its own, which dies by SIGKILL at a point that is named.

    python -m newsnotify.tests.mortal_worker furnish URL     people with a webhook and a phone each
    python -m newsnotify.tests.mortal_worker post TITLE      accept an event, die before the bell
    python -m newsnotify.tests.mortal_worker work [POINT]    tell and deliver until all is done
    python -m newsnotify.tests.mortal_worker inspect         what the tables say, as JSON

Leases are short here, so that nobody waits for those of the dead.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

PEOPLE, CHUNK = 12, 5
POISON = "Poison"
LEASE = timedelta(seconds=1)


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def furnish(url: str) -> None:
    from django.utils.timezone import now

    from accounts.models import User
    from news.models import Topic
    from notifications.channels import add
    from subscriptions.services import follow_topic

    topic = Topic.objects.create(slug="crashes", name="Crashes")
    for number in range(PEOPLE):
        user = User.objects.create_user(f"person{number}@example.org", None)
        follow_topic(user=user, topic=topic)
        given: dict[str, Any] = {"url": f"{url}/{number}"}
        add(user=user, kind="webhook", given=given, now=now())
        add(user=user, kind="mock", given={"token": "phone"}, now=now())


def post(title: str) -> None:
    from django.utils.timezone import now

    from accounts.models import User
    from news.models import Topic
    from newsnotify.lib import doorbell
    from notifications.posting import Audience, Producer, post_event

    doorbell._send_task = die
    fields = {"title": title, "message": "It happened.", "topic": Topic.objects.get(slug="crashes")}
    one = Audience(users=[User.objects.earliest("pk")])
    audience = one if title == POISON else None
    post_event(producer=Producer(), fields=fields, audience=audience, now=now())


def work(point: str = "") -> None:
    from django.utils.timezone import now

    from newsnotify.lib import doorbell
    from notifications import claims, fanout, lanes
    from notifications.deliver import deliver_due
    from notifications.models import Delivery, Event
    from notifications.transports.webhook import Webhook

    doorbell._send_task = lambda task: None
    doorbell._tell_hubs = lambda message: None
    vars(fanout)["CHUNK"], vars(lanes)["LEASE"], vars(claims)["LEASE"] = CHUNK, LEASE, LEASE
    POINTS[point]()
    _poison(Webhook)
    while (
        Event.objects.filter(fanned_out_at=None).exists()
        or Delivery.objects.filter(due_at__isnull=False).exists()
    ):
        fanout.fan_out_due(now())
        deliver_due(now)
        threading.Event().wait(0.02)  # between two looks, as the schedule has it


def _poison(transport: Any) -> None:
    send = transport.send

    async def sent(self: Any, parcel: Any) -> Any:
        if parcel.items[0].title == POISON:
            die()
        return await send(self, parcel)

    transport.send = sent


def _in_the_middle_of_the_fan_out() -> None:
    from notifications import reach

    make = reach.make_for_chunk
    chunks = iter(range(2))

    def make_or_die(*arguments: Any) -> None:
        make(*arguments)
        if next(chunks):  # one is committed, this one is not
            die()

    vars(reach)["make_for_chunk"] = make_or_die


def _after_the_claim() -> None:
    from notifications import claims

    vars(claims)["begin"] = die


def _after_sending() -> None:
    from notifications import deliver
    from notifications.recording import record

    def record_or_die(changes: Any, now: Any) -> None:
        if any(change.outcome for change in changes):
            die()
        record(changes, now)

    vars(deliver)["record"] = record_or_die


POINTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "in the middle of the fan-out": _in_the_middle_of_the_fan_out,
    "after the claim": _after_the_claim,
    "after sending": _after_sending,
}


def inspect() -> None:
    from django.utils.timezone import now

    from notifications.ledger import balance
    from notifications.models import Delivery, Notification

    rows = Delivery.objects.select_related("notification__event").order_by("pk")
    found = {
        "told": list(Notification.objects.values_list("user_id", "event_id")),
        "deliveries": [
            {
                "id": row.parcel_id,
                "kind": row.kind,
                "title": row.notification.event.title,
                "state": row.state,
                "reason": row.reason,
            }
            for row in rows
        ],
        "outcomes": sorted(set(Notification.objects.values_list("outcome", flat=True))),
        "difference": balance(now()).difference,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
    import django

    django.setup()
    actions: dict[str, Callable[..., None]] = {
        "furnish": furnish,
        "post": post,
        "work": work,
        "inspect": inspect,
    }
    actions[sys.argv[1]](*sys.argv[2:])
