"""Somebody reading, now this user and then that one, at a bounded rate until stdin closes.

A process of its own, so that it waits for the database and not for whom it is compared with.
It sends what the ORM would, without making objects of the answers: on two cores the work of a
reader that belongs to another machine would slow down what is measured by a third.
"""

import random
import select
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet
from django.utils.timezone import now

from accounts.models import User
from bench.stopwatch import database_ms
from notifications import selectors, services
from notifications.models import Event, Inbox, Notification, Place
from notifications.views import PER_PAGE

PER_SECOND = 100
NOBODY = User(pk=987_654_321)


class Reader:
    def __init__(self, first: int, count: int) -> None:
        self.users = range(first, first + count)
        self.marked: Counter[int] = Counter()
        self.took: dict[str, list[tuple[float, float]]] = defaultdict(list)  # when, ms
        self.random = random.Random(1)  # noqa: S311 - the same users every time
        page = selectors.notifications_of(NOBODY).filter(place=Place.INBOX)
        self.page_sql = _sql(page.order_by("-created_revision")[: PER_PAGE + 1])
        self.count_sql = _sql(Inbox.objects.filter(user=NOBODY).only("unread")[:1])
        events = Event.objects.select_related("topic", "source").filter(pk__in=[0])
        self.events_sql = str(events.query)
        names = [field.column for field in Notification._meta.concrete_fields]
        self.event_column, self.unread_column = map(names.index, ("event_id", "is_unread"))

    def read(self) -> None:
        """Do what a reader does, with whom chance chooses."""
        user = User(pk=self.random.choice(self.users))
        for name, do in (("page", self.page), ("count", self.count), ("mark", self.mark)):
            ms = database_ms(partial(do, user))
            self.took[name].append((time.monotonic(), ms))

    def page(self, user: User) -> None:
        rows = self._ask(self.page_sql, user.pk)
        events = {row[self.event_column] for row in rows}
        if events:
            self._ask(self.events_sql.replace("(0)", f"({', '.join(map(str, events))})"))
        self.unread = [row[0] for row in rows if row[self.unread_column]]

    def count(self, user: User) -> None:
        self._ask(self.count_sql, user.pk)

    def _ask(self, sql: str, *params: int) -> Sequence[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            found: Sequence[Any] = cursor.fetchall()
            return found

    def mark(self, user: User) -> None:
        ids = self.unread[:1]
        if ids and services.mark_read(user=user, now=now(), ids=ids):
            self.marked[user.pk] += 1


def _sql(rows: QuerySet[Any]) -> str:
    """Write a query of one user's as the ORM does, with a place for the user's id."""
    sql = str(rows.query)
    assert sql.count(str(NOBODY.pk)) == 1, sql  # noqa: S101 - else it is another query
    return sql.replace(str(NOBODY.pk), "%s")


def main(first: str, count: str) -> None:
    reader = Reader(int(first), int(count))
    at_rate(PER_SECOND / 3, reader.read)
    found = {"took": reader.took, "marked": list(reader.marked.items())}
    sys.stdout.write(orjson.dumps(found).decode())


def at_rate(per_second: float, do: Callable[[], None]) -> None:
    """Do it so often, until stdin closes."""
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
        do()
        due = max(due + 1 / per_second, time.monotonic() - 1)
