"""A database full of notifications, and three inboxes of kinds that hurt.

Rows of one user lie far from each other, as they do when years of news are told to many.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils.timezone import now

from bench.audience import make_source, make_users, publish
from bench.figures import size
from bench.rows import analyze, execute, multiply
from notifications.models import Event, Inbox, Notification

ROWS = size(200_000, 10_000_000)
HEAVY = size(10_000, 100_000)  # notifications of one user
FILLERS = size(2_000, 100_000)  # users who share the other rows
OLD_UNREAD = 30
AT_ONCE = 500_000  # rows a statement
STEP = 4  # a filler's row and a place for one of each kind


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    user_id: int
    count: int
    is_unread: str  # SQL over `n`, the row's number


def fill() -> list[Kind]:
    """Make the rows; returns the users worth a look."""
    first = make_users(FILLERS + 3)
    events = _make_events()
    kinds = [
        Kind("few", first, 10, "MOD(n, 2)"),
        Kind("unread", first + 1, HEAVY, "1"),
        Kind("old_unread", first + 2, HEAVY, f"n <= {OLD_UNREAD}"),
    ]
    row = _template(first, events - 1)
    filled = ROWS - sum(kind.count for kind in kinds)
    for done in range(0, filled, AT_ONCE):
        _fill(row, first + 3, events, done, min(AT_ONCE, filled - done))
    for place, kind in enumerate(kinds, 1):
        _add(row, kind, events, place=place, spread=filled // kind.count)
    row.delete()
    _count_up()
    analyze("notifications_notification", "notifications_inbox", "notifications_event")
    return kinds


def _make_events() -> int:
    """Make as many events as the largest inbox has; returns the first one's id."""
    template = publish(make_source(), "the first")
    Event.objects.filter(pk=template.pk).update(fanned_out_at=now(), article=None)
    first = template.pk + 1
    multiply(template, max(HEAVY, ROWS // FILLERS + 1), id=f"{first} - 1 + n")
    execute("UPDATE notifications_event SET article_id = NULL")
    return first


def _template(user_id: int, event_id: int) -> Notification:
    """Make the row that the others are copied from, out of their way."""
    return Notification.objects.create(
        pk=(ROWS + 1) * STEP * 2, user_id=user_id, event_id=event_id, revision=0, created_revision=0
    )


def _fill(row: Notification, first: int, events: int, done: int, count: int) -> None:
    number = f"({done} + n - 1)"
    turn = f"{number} DIV {FILLERS}"
    multiply(
        row,
        count,
        id=f"({number} + 1) * {STEP}",
        user_id=f"{first} + MOD({number}, {FILLERS})",
        event_id=f"{events} + {turn}",
        revision=f"{turn} + 1",
        created_revision=f"{turn} + 1",
        is_unread=f"MOD({number}, 3) = 0",
    )


def _add(row: Notification, kind: Kind, events: int, *, place: int, spread: int) -> None:
    multiply(
        row,
        kind.count,
        id=f"n * {spread} * {STEP} + {place}",
        user_id=str(kind.user_id),
        event_id=f"{events} + n - 1",
        revision="n",
        created_revision="n",
        is_unread=kind.is_unread,
    )


def _count_up() -> None:
    """Give everybody the inbox that these rows would have left."""
    table, rows = Inbox._meta.db_table, Notification._meta.db_table
    assert connection.vendor == "mysql"  # noqa: S101 - its arithmetic is in the columns too
    execute(
        f"INSERT INTO {table} (user_id, revision, unread) "  # noqa: S608 - our own words
        f"SELECT user_id, MAX(revision), SUM(is_unread) FROM {rows} GROUP BY user_id"
    )
