"""Rows beyond the cursors of connected users → news, in bounded pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet

from notifications.models import Event, Notification, Place
from notifications.realtime.frames import News, news_of

PAGE_ROWS = 500
PAGE_BYTES = 8 * 1024**2
# The index is on the revision of the last change, which is never the smaller one.
_AFTER = "(user_id = %s AND revision > %s AND created_revision > %s)"
EVENTS_AT_ONCE = 50  # each may be as large as a request's body


@dataclass(slots=True)
class Page:
    """News by user, each in order of revision. Of those unfinished there may be more."""

    news: dict[int, list[News]] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)  # user → revision of the last row
    unfinished: set[int] = field(default_factory=set)


def read(revisions: Mapping[int, int]) -> Page:
    """Read what was added to the inboxes of these users after these revisions.

    An inbox revision adds one notification at most, so that a page may end after any row.
    """
    page, rows, size = Page(), list(_rows_after(revisions)[:PAGE_ROWS]), 0
    for row, event in _with_events(rows):
        page.reached[row.user_id] = row.created_revision
        if event:
            row.event = event
            page.news.setdefault(row.user_id, []).append(item := news_of(row))
            size += len(item.text)
        if size >= PAGE_BYTES:
            break
    if size >= PAGE_BYTES or len(rows) == PAGE_ROWS:
        last = max(page.reached)  # rows come by user: who follows was not reached
        page.unfinished = {user_id for user_id in revisions if user_id >= last}
    return page


def _rows_after(revisions: Mapping[int, int]) -> QuerySet[Notification]:
    # Written out: hundreds of ORed Q objects took two thirds of the whole read.
    sql = " OR ".join([_AFTER] * len(revisions))
    params = [value for user, after in revisions.items() for value in (user, after, after)]
    # `extra`, since a filter by RawSQL becomes `(…) = true`, which MariaDB answers by no index.
    rows = Notification.objects.extra(where=[sql], params=params)  # noqa: S610 - constant text
    rows = rows.filter(place__in=(Place.INBOX, Place.ARCHIVED)).prefetch_related("user")
    return rows.order_by("user_id", "created_revision")


def _with_events(rows: list[Notification]) -> Iterator[tuple[Notification, Event | None]]:
    """Load events once each, however many are told of them; one may be gone by now."""
    events: dict[int, Event] = {}
    for start in range(0, len(rows), EVENTS_AT_ONCE):
        batch = rows[start : start + EVENTS_AT_ONCE]
        if missing := {row.event_id for row in batch} - events.keys():
            events |= Event.objects.select_related("topic", "source").in_bulk(missing)
        yield from ((row, events.get(row.event_id)) for row in batch)
