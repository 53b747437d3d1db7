"""Somebody who looks at the tables of a product that runs: a process of his own, asked by lines.

python -m newsnotify.tests.inspector      each line a JSON list: what to do, and with what
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from newsnotify.tests.processes import ROOT


class Inspector:
    """Asks that process; its environment names the database."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**environment, "DJANGO_SETTINGS_MODULE": "newsnotify.settings"}

    def __enter__(self) -> "Inspector":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "newsnotify.tests.inspector"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def furnish(self, topic: str, count: int, url: str) -> dict[str, Any]:
        """Make people who follow a topic, each with a phone and a webhook; gives their secrets."""
        return dict(self._ask("furnish", topic, count, url))

    def is_open(self) -> bool:
        """Tell whether anything has still to be told or delivered."""
        return bool(self._ask("is_open"))

    def find(self, title: str) -> dict[str, Any]:
        """Read what became of events whose titles begin so, and what the ledger misses."""
        return dict(self._ask("find", title))

    def _ask(self, *words: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def furnish(slug: str, count: int, url: str) -> dict[str, Any]:
    from django.utils.timezone import now

    from accounts.models import User
    from news.models import Topic
    from notifications.channels import add
    from subscriptions.services import follow_topic

    topic = Topic.objects.create(slug=slug, name=slug)
    people: dict[str, Any] = {}
    for number in range(count):
        user = User.objects.create_user(f"{slug}-{number}@example.org", None)
        follow_topic(user=user, topic=topic)
        path = f"/{slug}/{number}"
        _, once = add(user=user, kind="webhook", given={"url": url + path}, now=now())
        add(user=user, kind="mock", given={"token": "phone"}, now=now())
        people[path] = [user.pk, once["secret"]]
    return people


def is_open() -> bool:
    from notifications.models import Delivery, Event

    return (
        Event.objects.filter(fanned_out_at=None).exists()
        or Delivery.objects.filter(due_at__isnull=False).exists()
    )


def find(title: str) -> dict[str, Any]:
    from django.utils.timezone import now

    from notifications.ledger import balance
    from notifications.models import Delivery, Notification

    told = Notification.objects.filter(event__title__startswith=title)
    rows = Delivery.objects.filter(notification__in=told).select_related("notification__event")
    return {
        "told": list(told.values_list("event__title", "user_id")),
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
        "difference": balance(now()).difference,
    }


if __name__ == "__main__":
    import django

    django.setup()
    actions: dict[str, Callable[..., Any]] = {"furnish": furnish, "is_open": is_open, "find": find}
    for line in sys.stdin:
        name, *given = json.loads(line)
        sys.stdout.write(json.dumps(actions[name](*given)) + "\n")
        sys.stdout.flush()
