"""Write what a crawl brought: each outcome is one transaction, fenced by the source's lease."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from news import article_cache
from news.crawl.records import (
    ArticleRecord,
    Document,
    Failure,
    KeyedEntry,
    KeyedFeed,
    KnownArticle,
    NotModified,
    Plan,
)
from news.models import Announcement, Article, Fetch, Outcome, Source
from newsnotify.lib import doorbell

BATCH = 100  # rows an insert, so that no packet grows over a server's limit
RECENT = 20  # articles that the polling interval is worked out from


class LeaseLostError(Exception):
    """Another worker took the source over, because this one overslept; nothing was written."""


def known_articles(source: Source, entries: Sequence[KeyedEntry]) -> list[KnownArticle]:
    """Find the stored articles that entries of a document may be, by identity or by link."""
    identities = [entry.identity for entry in entries]
    links = [entry.link_key for entry in entries if entry.link_key]
    rows = source.articles.filter(Q(identity__in=identities) | Q(link_key__in=links))
    return [KnownArticle(*row) for row in rows.values_list(*KnownArticle.__slots__)]


def recent_dates(source: Source) -> tuple[datetime, ...]:
    """Tell when the latest articles were published or seen, newest first."""
    rows = source.articles.order_by("-first_seen_at", "-id")
    return tuple(rows.values_list("dated_at", flat=True)[:RECENT])


@transaction.atomic
def store_document(
    source: Source,
    document: Document,
    feed: KeyedFeed,
    plan: Plan,
    cleaned: Mapping[bytes, ArticleRecord],
    *,
    body_key: bytes,
    now: datetime,
    next_fetch_at: datetime,
) -> Fetch:
    """Insert and update articles, announce the new ones, note the attempt.

    `cleaned` holds the records of the plan's entries by identity.
    """
    _finish(
        source,
        **_healthy(source, document, now, next_fetch_at),
        body_key=body_key,
        title=source.title or feed.title[:300],
        site_url=feed.site_url[:2000],
        article_count=F("article_count") + len(plan.new),
    )
    _write_articles(source, plan, cleaned, now)
    return _note(
        source,
        started_at=now,
        http_status=document.status,
        outcome=Outcome.NEW if plan.new else Outcome.UNCHANGED,
        duration_ms=document.duration_ms,
        bytes=len(document.body),
        new_count=len(plan.new),
        changed_count=len(plan.changed),
        next_fetch_at=next_fetch_at,
    )


@transaction.atomic
def store_unchanged(
    source: Source, answer: NotModified | Document, *, now: datetime, next_fetch_at: datetime
) -> Fetch:
    """Note that nothing changed, in the source's row alone: most polls end here.

    The attempt comes back unsaved, for whoever wants to keep it.
    """
    _finish(source, **_healthy(source, answer, now, next_fetch_at))
    fetch = Fetch(
        source=source,
        started_at=now,
        http_status=304,
        outcome=Outcome.NOT_MODIFIED,
        duration_ms=answer.duration_ms,
        next_fetch_at=next_fetch_at,
    )
    if isinstance(answer, Document):
        fetch.http_status, fetch.outcome = answer.status, Outcome.UNCHANGED
        fetch.bytes = len(answer.body)
    return fetch


@transaction.atomic
def store_failure(
    source: Source,
    failure: Failure,
    *,
    now: datetime,
    next_fetch_at: datetime,
    is_deferral: bool,
    is_gone: bool = False,
) -> Fetch:
    """Note why nothing came. A deferral was asked for by the server and is no failure."""
    changes: dict[str, Any] = {"next_fetch_at": next_fetch_at}
    if failure.status is not None:
        changes["last_fetched_at"] = now
    if is_deferral:
        changes["deferred_until"] = next_fetch_at
    else:
        changes |= {"failure_count": F("failure_count") + 1, "last_error": failure.reason}
    if failure.status == 410:
        changes |= {"gone_at": source.gone_at or now, "is_gone": is_gone}
    _finish(source, **changes)
    return _note(
        source,
        started_at=now,
        http_status=failure.status,
        outcome=Outcome.DEFERRED if is_deferral else Outcome.FAILED,
        duration_ms=failure.duration_ms,
        error=failure.reason,
        next_fetch_at=next_fetch_at,
    )


def defer_host(source: Source, until: datetime) -> None:
    """Leave the whole host of a source alone: who says 429 counts callers, not feeds.

    In a transaction of its own, so that no two workers wait for each other's rows.
    """
    others = Source.objects.filter(host=source.host, next_fetch_at__lt=until)
    others.update(next_fetch_at=until, deferred_until=until)


def _finish(source: Source, **changes: Any) -> None:
    """Write the source and give its lease back, unless somebody else holds it by now."""
    held = Source.objects.filter(pk=source.pk, lease=source.lease)
    if not held.update(**changes, lease="", leased_until=None):
        raise LeaseLostError


def _healthy(
    source: Source, answer: NotModified | Document, now: datetime, next_fetch_at: datetime
) -> dict[str, Any]:
    return {
        "etag": answer.etag,
        "last_modified": answer.last_modified,
        "first_crawled_at": source.first_crawled_at or now,
        "last_fetched_at": now,
        "next_fetch_at": next_fetch_at,
        "failure_count": 0,
        "last_error": "",
        "deferred_until": None,
        "gone_at": None,
        "is_gone": False,
    }


def _note(source: Source, **fields: Any) -> Fetch:
    return Fetch.objects.create(source=source, **fields)


def _write_articles(
    source: Source, plan: Plan, cleaned: Mapping[bytes, ArticleRecord], now: datetime
) -> None:
    new = [cleaned[entry.identity] for entry in plan.new]
    rows = [_article(source, record, now) for record in new]
    Article.objects.bulk_create(rows, batch_size=BATCH)
    _update({pk: cleaned[entry.identity] for pk, entry in plan.changed}, now)
    if new or plan.changed:
        article_cache.outdate()
    if plan.announce and new:
        _announce(source, new, as_summary=plan.as_summary)


def _article(source: Source, record: ArticleRecord, now: datetime) -> Article:
    return Article(source=source, first_seen_at=now, **_columns(record, now))


def _columns(record: ArticleRecord, now: datetime) -> dict[str, Any]:
    return {
        "identity": record.identity,
        "link_key": record.link_key,
        "content_key": record.content_key,
        "title": record.title,
        "url": record.url,
        "summary": record.summary,
        "content": record.content,
        "author": record.author,
        "image_url": record.image_url,
        "enclosures": [asdict(enclosure) for enclosure in record.enclosures],
        "categories": record.categories,
        "comments_url": record.comments_url,
        "published_at": record.published_at,
        "dated_at": record.published_at or now,
        "updated_at": now,
    }


def _update(changed: Mapping[int, ArticleRecord], now: datetime) -> None:
    for article in Article.objects.filter(pk__in=changed.keys()):
        columns = _columns(changed[article.pk], now)
        columns["dated_at"] = columns["published_at"] or article.first_seen_at
        Article.objects.filter(pk=article.pk).update(**columns)


def _announce(source: Source, new: Iterable[ArticleRecord], *, as_summary: bool) -> None:
    """Queue what is new for those who want it, article by article or as one burst."""
    identities = [record.identity for record in new]
    if as_summary:
        Announcement.objects.create(source=source, count=len(identities))
    else:
        # MySQL does not tell the ids of rows inserted in bulk.
        ids = source.articles.filter(identity__in=identities).order_by("id")
        rows = [
            Announcement(source=source, article_id=pk) for pk in ids.values_list("pk", flat=True)
        ]
        Announcement.objects.bulk_create(rows)
    doorbell.ring("notifications.fan_out")
