"""Inboxes among ten million notifications: what each read costs, whatever the inbox is like."""

from collections.abc import Callable
from functools import partial
from typing import Any

from accounts.models import User
from bench.figures import figure, percentile, size
from bench.inboxes import ROWS, Kind, fill
from bench.rows import database_settings
from bench.stopwatch import database_ms
from newsnotify.lib.paging import COUNT_CAP, LIMIT
from notifications import selectors
from notifications.models import Place
from notifications.realtime import reading

TIMES = size(100, 300)
BEHIND = 20  # changes that a client has missed


def main() -> None:
    settings = {"rows": ROWS, **database_settings()}
    for kind in fill():
        _measure(kind, settings)


def _measure(kind: Kind, settings: dict[str, Any]) -> None:
    user = User.objects.get(pk=kind.user_id)
    peers = _peers(user)
    for name, read in _reads(user).items():
        times = [database_ms(read) for _ in range(TIMES)]
        p50, p99 = percentile(times, 50), percentile(times, 99)
        peer, ratio = None, None
        if name in peers:
            how, slower = peers[name]
            slower_ms = percentile([database_ms(slower) for _ in range(5)], 50)
            peer, ratio = f"{how}: {slower_ms:.2f} ms", p50 / slower_ms
        figure(
            f"inbox.{kind.name}.{name}",
            p50,
            "ms in the database, p50",
            ratio=ratio,
            peer=peer,
            p99=round(p99, 3),
            **settings,
        )


def _reads(user: User) -> dict[str, Callable[[], object]]:
    """What the product reads of an inbox, through the code that does so."""
    listed = (
        selectors.notifications_of(user).filter(place=Place.INBOX).order_by("-created_revision")
    )
    unread = listed.filter(is_unread=True)
    behind = selectors.revision_of(user.pk) - BEHIND
    return {
        "page": lambda: list(listed[: LIMIT + 1]),
        "unread_page": lambda: list(unread[: LIMIT + 1]),
        "unread_count": partial(selectors.unread_count, user),
        "changes": lambda: reading.read({user.pk: max(behind, 0)}),
        "list_count": listed.count,
        "filtered_count": unread[: COUNT_CAP + 1].count,
    }


def _peers(user: User) -> dict[str, tuple[str, Callable[[], object]]]:
    """How it is mostly done: by counting rows, for the number and before every page."""
    rows = selectors.notifications_of(user).filter(place=Place.INBOX).order_by("-created_revision")
    return {
        "unread_count": ("COUNT(*) of the unread", rows.filter(is_unread=True).count),
        "page": ("a Paginator's COUNT(*) and page", lambda: (rows.count(), list(rows[:LIMIT]))),
    }
