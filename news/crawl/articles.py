"""Write articles: insert the new, update the edited and keep what they said before."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection

from news.crawl.records import ArticleRecord, Enclosure, Plan
from news.html import sanitise
from news.models import Article, Revision, Source
from news.text import to_text
from newsnotify.lib.fields import adapted

KEPT_REVISIONS = 20  # of an article

_PLAIN = (  # columns that hold what the record has
    "identity", "link_key", "title", "url", "own_summary", "raw_content", "content_base", "author",
    "image_url", "comments_url",
)  # fmt: skip
_TIMES = ("first_seen_at", "updated_at", "published_at", "dated_at")
_NAMES = ("source_id", *_TIMES, "enclosures", "categories", *_PLAIN)
_INSERT = (
    f"INSERT INTO news_article ({', '.join(_NAMES)}) VALUES ({', '.join(['%s'] * len(_NAMES))})"  # noqa: S608 - our own names
)
_plain = attrgetter(*_PLAIN)


def write(several: Iterable[tuple[Source, Plan, datetime]]) -> None:
    """Insert what is new in plans, update what changed; each at its time."""
    new: list[tuple[Any, ...]] = []
    for source, plan, now in several:
        new += _rows(source, plan.new, now)
        if plan.changed:
            _update(dict(plan.changed), now)
    if new:
        # Without the ORM, in which a row took as long as parsing and cleaning it.
        with connection.cursor() as cursor:
            # The driver for MySQL makes statements of 64 kB at most of it, so no packet is too
            # large.
            cursor.executemany(_INSERT, new)


def _rows(source: Source, new: Iterable[ArticleRecord], now: datetime) -> Iterator[tuple[Any, ...]]:
    moment = adapted(now)
    for record in new:
        published_at = adapted(record.published_at)
        times = (moment, moment, published_at, published_at or moment)
        lists = (_dumped(record.enclosures), _dumped(record.categories))
        yield (source.pk, *times, *lists, *_plain(record))


def _dumped(values: tuple[Any, ...]) -> str:
    return json.dumps(_lists(values)) if values else "[]"


def _lists(values: tuple[Any, ...]) -> list[Any]:
    return [value._asdict() if isinstance(value, Enclosure) else value for value in values]


def _update(changed: Mapping[int, ArticleRecord], now: datetime) -> None:
    for article in Article.objects.filter(pk__in=changed.keys()):
        record = changed[article.pk]
        if _reads(article) != _reads(record):
            _keep_revision(article, now)
        Article.objects.filter(pk=article.pk).update(
            **dict(zip(_PLAIN, _plain(record), strict=True)),
            enclosures=_lists(record.enclosures),
            categories=_lists(record.categories),
            published_at=record.published_at,
            dated_at=record.published_at or article.first_seen_at,
            updated_at=now,
        )


def _reads(version: Article | ArticleRecord) -> tuple[str, str, str]:
    """Reduce to the words: a version that only links and pictures tell apart is not worth a row."""
    content = sanitise(version.raw_content, version.content_base or version.url)
    return version.title, version.summary, to_text(content)


def _keep_revision(article: Article, now: datetime) -> None:
    Revision.objects.create(
        article=article,
        title=article.title,
        summary=article.summary,
        raw_content=article.raw_content,
        content_base=article.content_base or article.url,
        written_at=article.updated_at,
        replaced_at=now,
    )
    kept = article.revisions.order_by("-id").values_list("id", flat=True)[:KEPT_REVISIONS]
    article.revisions.exclude(pk__in=list(kept)).delete()
