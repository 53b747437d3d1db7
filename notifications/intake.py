"""Events in: announcements of the crawler become events."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from news.models import Announcement, Article, Source
from news.skim import summary_of
from newsnotify.lib.fields import adapted, marks
from newsnotify.lib.urls import redact
from notifications import summaries
from notifications.models import Event

BATCH = 200
SAME_LINK = timedelta(hours=72)  # within this time the same link is the same news


class _News(NamedTuple):
    """What an announcement makes of its event; the rest is as the model has it."""

    announcement_id: int
    title: str
    message: str
    url: str
    topic_id: int | None
    source_id: int
    article_id: int | None = None
    link_key: bytes | None = None


def take_announcements(now: datetime) -> int:
    """Turn all announcements into events. Returns how many.

    Each becomes an event or none does: event and deletion are one transaction. Two workers
    wait for each other at the first row they share, so both see the links of the other.
    """
    taken, may_be_more = 0, True
    while may_be_more:
        rows = list(_oldest().values_list("pk", "source_id", "article_id", "count")[:BATCH])
        # What can be read before is: on SQLite a transaction keeps from writing who crawls.
        several = [*_of_articles(rows), *_of_bursts(rows)] if rows else []
        some = _take(several, now) if several else 0
        taken += some
        may_be_more = bool(several) and (len(rows) == BATCH or some < len(several))
    return taken


@transaction.atomic
def _take(several: Collection[_News], now: datetime) -> int:
    # Without a join: MariaDB would lock the articles as well, it knows no FOR UPDATE OF.
    waiting = _oldest().select_for_update().filter(pk__in=[n.announcement_id for n in several])
    left = set(waiting.values_list("pk", flat=True))
    some = _one_of_each_link(news for news in several if news.announcement_id in left)
    if some:
        _make_events(some, now)
        Announcement.objects.filter(pk__in=[news.announcement_id for news in some]).delete()
    return len(some)


def _oldest() -> QuerySet[Announcement]:
    return Announcement.objects.order_by("id")


def _of_articles(rows: Iterable[tuple[int, int, int | None, int]]) -> Iterable[_News]:
    announced = {article_id: pk for pk, _, article_id, _ in rows if article_id}
    articles = Article.objects.filter(pk__in=announced).with_heads()
    found = articles.values_list(  # type: ignore[misc] # `head` is one of theirs
        "title", "own_summary", "head", "url", "source__topic_id", "source_id", "pk", "link_key"
    )
    for title, summary, head, url, topic_id, source_id, pk, link_key in found:
        link = bytes(link_key) if link_key else None
        message = summary_of(summary, head) or title
        yield _News(announced[pk], title, message, url, topic_id, source_id, pk, link)


def _of_bursts(rows: Iterable[tuple[int, int, int | None, int]]) -> Iterable[_News]:
    bursts = [(pk, source_id, count) for pk, source_id, article_id, count in rows if not article_id]
    if not bursts:
        return
    sources = Source.objects.in_bulk([source_id for _, source_id, _ in bursts])
    for pk, source_id, count in bursts:
        if not (source := sources.get(source_id)):  # deleted meanwhile, and with it the burst
            continue
        texts = summaries.texts_of(str(source), count)
        url = source.site_url or redact(source.url)
        yield _News(pk, texts["title"], texts["message"], url, source.topic_id, source_id)


def _one_of_each_link(several: Iterable[_News]) -> Collection[_News]:
    """Leave the second of a link for the next turn: it has to find the event of the first."""
    first: dict[bytes | int, _News] = {}
    for news in sorted(several):  # in the order of their announcements
        first.setdefault(news.link_key or news.announcement_id, news)
    return first.values()


def _make_events(several: Collection[_News], now: datetime) -> None:
    told = _told_lately([news.link_key for news in several if news.link_key], now)
    usual = _usual() | dict.fromkeys(("created_at", "release_time"), adapted(now))
    rows = [{**usual, **news._asdict(), "told_as_id": _told_before(news, told)} for news in several]
    with connection.cursor() as cursor:  # without the ORM, as above: an eighth of the time
        cursor.executemany(
            f"INSERT INTO notifications_event ({', '.join(usual)}) VALUES ({marks(usual)})",  # noqa: S608 - our own names
            [[row[column] for column in usual] for row in rows],
        )


def _usual() -> dict[str, Any]:
    """Write an event's columns as the model has them when nobody says otherwise."""
    fields = [field for field in Event._meta.concrete_fields if not field.primary_key]
    return {f.attname: f.get_db_prep_save(f.get_default(), connection) for f in fields}


def _told_lately(links: Collection[bytes], now: datetime) -> dict[bytes, list[Event]]:
    """List the events that told of these links, oldest first."""
    events = Event.objects.filter(link_key__in=links, created_at__gt=now - SAME_LINK)
    told: dict[bytes, list[Event]] = {}
    for event in events.only("link_key", "source_id", "told_as_id").order_by("id"):
        told.setdefault(bytes(event.link_key or b""), []).append(event)
    return told


def _told_before(news: _News, told: dict[bytes, list[Event]]) -> int | None:
    """Find the event that told of this link first, in another source.

    A source that told of the link itself has published something else there: that is news.
    """
    same = told.get(news.link_key, []) if news.link_key else []
    if any(other.source_id == news.source_id for other in same):
        return None
    return next((other.pk for other in same if other.told_as_id is None), None)
