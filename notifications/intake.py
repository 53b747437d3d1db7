"""Events in: announcements of the crawler become events."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import Truncator

from news.models import Announcement
from newsnotify.lib.urls import redact
from notifications.models import Event

BATCH = 200
SAME_LINK = timedelta(hours=72)  # within this time the same link is the same news


def take_announcements(now: datetime) -> int:
    """Turn the oldest announcements into events. Returns how many; 0 when none is left.

    Each becomes an event or none does: event and deletion are one transaction. Two workers
    wait for each other at the first row they share, so both see the links of the other.
    """
    with transaction.atomic():
        rows = list(
            # Without a join: MariaDB would lock the sources as well, it knows no FOR UPDATE OF.
            Announcement.objects.select_for_update()
            .prefetch_related("article", "source__topic")
            .order_by("id")[:BATCH]
        )
        _make_events(rows, now)
        Announcement.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _make_events(rows: Iterable[Announcement], now: datetime) -> None:
    for row in rows:
        event = _of_article(row) if row.article else _of_burst(row)
        event.created_at = event.release_time = now
        event.told_as = _told_before(event, now)
        event.save(force_insert=True)


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
        title=Truncator(f"{row.count} new articles from {source}").chars(500),
        message=f"{source} published {row.count} articles at once.",
        url=source.site_url or redact(source.url),
        topic=source.topic,
        source=source,
    )


def _told_before(event: Event, now: datetime) -> Event | None:
    """Find the event that told of this link first, in another source.

    A source that told of the link itself has published something else there: that is news.
    """
    if event.link_key is None:
        return None
    same = Event.objects.filter(link_key=event.link_key, created_at__gt=now - SAME_LINK)
    if same.filter(source=event.source).exists():
        return None
    return same.filter(told_as=None).order_by("id").first()
