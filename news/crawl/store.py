"""Write what a crawl brought: each outcome is one transaction, fenced by the source's lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import starmap
from time import perf_counter
from typing import Any

from django.db import IntegrityError, connection, transaction

from news import article_cache
from news.crawl import articles, attempts
from news.crawl.attempts import Attempt
from news.crawl.bell import bell
from news.crawl.finish import Answered, finish, healthy
from news.crawl.records import (
    ArticleRecord,
    Document,
    Failure,
    KnownArticle,
    Plan,
    Reading,
    SourceState,
)
from news.models import Announcement, Outcome, Source
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.fields import adapted, marks, read_moment

RECENT = 20  # articles that the polling interval is worked out from
_KNOWN = ", ".join(KnownArticle.__slots__)


class LeaseLostError(Exception):
    """Another worker took the source over, because this one overslept; nothing was written."""


class Verdict(Enum):
    """Why nothing came, as far as it decides what is written."""

    FAULT = auto()  # of the source
    ASKED_TO_WAIT = auto()  # by its host
    OUR_NETWORK = auto()


@dataclass(frozen=True, slots=True)
class Decided:
    """A document that was read, and what it means for its source."""

    answered: Answered
    reading: Reading
    plan: Plan
    state: SourceState
    body_key: bytes
    parse_ms: int = 0


def known_articles(source: Source, records: Sequence[ArticleRecord]) -> list[KnownArticle]:
    """Find the stored articles that records may be, by identity or by link."""
    if not (records and source.article_count):
        return []
    identities = [record.identity for record in records]
    links = [record.link_key for record in records if record.link_key]
    # Without the ORM, which took longer to write the statement than the database to answer it;
    # and each by its own index: asked for with OR, SQLite reads all that the source ever had.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_KNOWN} FROM news_article "  # noqa: S608 - our own names
            f"WHERE source_id = %s AND identity IN ({marks(identities)}) "
            f"UNION SELECT {_KNOWN} FROM news_article "
            f"WHERE source_id = %s AND link_key IN ({marks(links)})",
            [source.pk, *identities, source.pk, *links],
        )
        return list(starmap(KnownArticle, cursor.fetchall()))


def recent_dates(source: Source) -> tuple[datetime, ...]:
    """Tell when the latest articles were published or seen, newest first."""
    if not source.article_count:
        return ()
    with connection.cursor() as cursor:
        # Without the ORM, as above.
        cursor.execute(
            "SELECT dated_at FROM news_article WHERE source_id = %s "  # noqa: S608 - our own names
            f"ORDER BY first_seen_at DESC, id DESC LIMIT {RECENT}",
            [source.pk],
        )
        return tuple(read_moment(dated_at) for (dated_at,) in cursor.fetchall())


def store_documents(several: Sequence[Decided]) -> list[Attempt]:
    """Insert and update articles, announce the new ones, note the attempts: one transaction.

    Those whose lease was lost are left out; an attempt that brought nothing has no row.
    """
    # In the order of keys, so that no two workers wait for each other's rows.
    ordered = sorted(several, key=lambda one: one.answered.source.pk)
    return repeated(lambda: _store_documents(ordered))


@transaction.atomic
def _store_documents(several: Sequence[Decided]) -> list[Attempt]:
    stored = [attempt for one in several if (attempt := _store_document(one))]
    if telling := [attempt for attempt in stored if attempt.is_written]:
        attempts.write(telling)
        article_cache.outdate()
    if any(one.plan.announce for one in several):
        bell.want()
    return stored


def _store_document(one: Decided) -> Attempt | None:
    begun, plan = perf_counter(), one.plan
    source, document, now = one.answered.source, one.answered.answer, one.answered.now
    if not finish(source, **_columns(one)):
        return None
    articles.write(source, plan, now)
    if plan.announce:
        _announce(source, plan.new, now, as_summary=plan.as_summary)
    return Attempt(
        source=source,
        started_at=now,
        http_status=200,
        outcome=Outcome.NEW if plan.new else Outcome.UNCHANGED,
        duration_ms=document.duration_ms,
        parse_ms=one.parse_ms,
        store_ms=round((perf_counter() - begun) * 1000),
        bytes=len(document.body) if isinstance(document, Document) else 0,
        new_count=len(plan.new),
        changed_count=len(plan.changed),
        next_fetch_at=one.answered.next_fetch_at,
    )


def _columns(one: Decided) -> dict[str, Any]:
    source, reading, rhythm = one.answered.source, one.reading, one.state.rhythm
    return healthy(one.answered) | {
        "document_at": one.answered.now,
        "body_key": one.body_key,
        "memory": reading.memory,
        "title": source.title or reading.title[:300],
        "site_url": reading.site_url[:2000],
        "article_count": source.article_count + len(one.plan.new),
        "rhythm_seconds": None if rhythm is None else min(int(rhythm.total_seconds()), 2**31 - 1),
        "newest_at": one.state.newest_at,
    }


@transaction.atomic
def store_failure(
    source: Source,
    failure: Failure,
    verdict: Verdict,
    *,
    now: datetime,
    next_fetch_at: datetime,
    is_gone: bool = False,
) -> Attempt:
    """Note why nothing came; only a fault of the source itself counts as its failure."""
    changes: dict[str, Any] = {"next_fetch_at": next_fetch_at}
    if failure.status is not None:
        changes["last_fetched_at"] = now
    if verdict is Verdict.ASKED_TO_WAIT:
        changes["deferred_until"] = next_fetch_at
    if verdict is Verdict.FAULT:
        changes |= {"failure_count": source.failure_count + 1, "last_error": failure.reason}
    if failure.status == 410:
        changes |= {"gone_at": source.gone_at or now, "is_gone": is_gone}
    if not finish(source, **changes):
        raise LeaseLostError
    attempt = Attempt(
        source=source,
        started_at=now,
        http_status=failure.status,
        outcome=Outcome.FAILED if verdict is Verdict.FAULT else Outcome.DEFERRED,
        duration_ms=failure.duration_ms,
        error=failure.reason,
        next_fetch_at=next_fetch_at,
    )
    attempts.write([attempt])
    return attempt


def defer_host(source: Source, until: datetime) -> None:
    """Leave the whole host of a source alone: who says 429 counts callers, not feeds.

    In a transaction of its own, so that no two workers wait for each other's rows.
    """
    others = Source.objects.filter(host=source.host, next_fetch_at__lt=until)
    others.update(next_fetch_at=until, deferred_until=until)


def pardon(source_ids: Sequence[int], *, next_fetch_at: datetime) -> None:
    """Take back the first failure of sources that were blamed for a trouble of ours."""
    blamed = Source.objects.filter(pk__in=source_ids, failure_count=1).unleased(next_fetch_at)
    blamed.exclude(first_crawled_at=None).update(
        failure_count=0, last_error="", next_fetch_at=next_fetch_at
    )


def adopt(source: Source, url: str) -> bool:
    """Take the address that a source has moved to for its own, unless another has it."""
    identified = Source.identified_by(url)
    try:
        with transaction.atomic():
            return bool(Source.objects.filter(pk=source.pk, url=source.url).update(**identified))
    except IntegrityError:
        return False


def _announce(
    source: Source, new: Sequence[ArticleRecord], now: datetime, *, as_summary: bool
) -> None:
    """Queue what is new for those who want it, article by article or as one burst."""
    if as_summary:
        Announcement.objects.create(source=source, count=len(new))
        return
    identities = [record.identity for record in new]
    with connection.cursor() as cursor:
        # MySQL does not tell the ids of rows inserted in bulk.
        cursor.execute(
            "INSERT INTO news_announcement (source_id, article_id, count, created_at) "  # noqa: S608 - our own names
            "SELECT source_id, id, 1, %s FROM news_article "
            f"WHERE source_id = %s AND identity IN ({marks(identities)}) ORDER BY id",
            [adapted(now), source.pk, *identities],
        )
