"""Events in: announcements of the crawler become events."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch

from news.models import Announcement, Article
from newsnotify.lib.urls import redact
from notifications import summaries
from notifications.models import Event

BATCH = 200
SAME_LINK = timedelta(hours=72)  # within this time the same link is the same news


def take_announcements(now: datetime) -> int:
    """Turn the oldest announcements into events. Returns how many; 0 when none is left.

    Each becomes an event or none does: event and deletion are one transaction. Two workers
    wait for each other at the first row they share, so both see the links of the other.
    """
    articles = Article.objects.only("title", "summary", "url", "link_key", "source_id")
    with transaction.atomic():
        waiting = (
            # Without a join: MariaDB would lock the sources as well, it knows no FOR UPDATE OF.
            Announcement.objects.select_for_update()
            .prefetch_related(Prefetch("article", articles), "source__topic")
            .order_by("id")[:BATCH]
        )
        rows = _one_of_each_link(waiting)
        _make_events(rows, now)
        Announcement.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _one_of_each_link(rows: Iterable[Announcement]) -> Collection[Announcement]:
    """Leave the second of a link for the next turn: it has to find the event of the first."""
    first: dict[bytes | int, Announcement] = {}
    for row in rows:
        link = row.article.link_key if row.article else None
        first.setdefault(bytes(link) if link else row.pk, row)
    return first.values()


def _make_events(rows: Collection[Announcement], now: datetime) -> None:
    events = [_of_article(row) if row.article else _of_burst(row) for row in rows]
    told = _told_lately([event.link_key for event in events if event.link_key], now)
    for event in events:
        event.created_at = event.release_time = now
        event.told_as_id = _told_before(event, told.get(bytes(event.link_key or b""), ()))
    Event.objects.bulk_create(events)


def _of_article(row: Announcement) -> Event:
    article = row.article
    assert article is not None  # noqa: S101 - the caller looked
    return Event(
        title=article.title,
        message=article.summary or article.title,
        url=article.url,
        topic=row.source.topic,
        source=row.source,
        article=article,
        link_key=article.link_key,
    )


def _of_burst(row: Announcement) -> Event:
    source = row.source
    return Event(
        **summaries.texts_of(str(source), row.count),
        url=source.site_url or redact(source.url),
        topic=source.topic,
        source=source,
    )


def _told_lately(links: Collection[bytes], now: datetime) -> dict[bytes, list[Event]]:
    """List the events that told of these links, oldest first."""
    events = Event.objects.filter(link_key__in=links, created_at__gt=now - SAME_LINK)
    told: dict[bytes, list[Event]] = {}
    for event in events.only("link_key", "source_id", "told_as_id").order_by("id"):
        told.setdefault(bytes(event.link_key or b""), []).append(event)
    return told


def _told_before(event: Event, same: Collection[Event]) -> int | None:
    """Find the event that told of this link first, in another source.

    A source that told of the link itself has published something else there: that is news.
    """
    if any(other.source_id == event.source_id for other in same):
        return None
    return next((other.pk for other in same if other.told_as_id is None), None)
