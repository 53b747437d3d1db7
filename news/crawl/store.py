"""Write what a crawl brought: each outcome is one transaction, fenced by the source's lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from time import perf_counter
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from news.crawl import articles
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
from news.models import Announcement, Fetch, Outcome, Source
from newsnotify.lib import doorbell

RECENT = 20  # articles that the polling interval is worked out from


class LeaseLostError(Exception):
    """Another worker took the source over, because this one overslept; nothing was written."""


class Verdict(Enum):
    """Why nothing came, as far as it decides what is written."""

    FAULT = auto()  # of the source
    ASKED_TO_WAIT = auto()  # by its host
    OUR_NETWORK = auto()


@dataclass(frozen=True, slots=True)
class Spent:
    """What an arrival took until it is stored."""

    begun: float  # perf_counter() when storing began
    parse_ms: int = 0


def known_articles(source: Source, records: Sequence[ArticleRecord]) -> list[KnownArticle]:
    """Find the stored articles that records may be, by identity or by link."""
    if not (records and source.article_count):
        return []
    identities = [record.identity for record in records]
    links = [record.link_key for record in records if record.link_key]
    rows = source.articles.filter(Q(identity__in=identities) | Q(link_key__in=links))
    return [KnownArticle(*row) for row in rows.values_list(*KnownArticle.__slots__)]


def recent_dates(source: Source) -> tuple[datetime, ...]:
    """Tell when the latest articles were published or seen, newest first."""
    if not source.article_count:
        return ()
    rows = source.articles.order_by("-first_seen_at", "-id")
    return tuple(rows.values_list("dated_at", flat=True)[:RECENT])


@transaction.atomic
def store_document(
    answered: Answered,
    reading: Reading,
    plan: Plan,
    state: SourceState,
    *,
    body_key: bytes,
    spent: Spent,
) -> Fetch:
    """Insert and update articles, announce the new ones, note the attempt.

    An attempt that brought nothing comes back unsaved.
    """
    source, document = answered.source, answered.answer
    rhythm = state.rhythm
    is_held = finish(
        source,
        **healthy(answered),
        document_at=answered.now,
        body_key=body_key,
        memory=reading.memory,
        title=source.title or reading.title[:300],
        site_url=reading.site_url[:2000],
        article_count=source.article_count + len(plan.new),
        rhythm_seconds=None if rhythm is None else min(int(rhythm.total_seconds()), 2**31 - 1),
        newest_at=state.newest_at,
    )
    if not is_held:
        raise LeaseLostError
    articles.write(source, plan, answered.now)
    if plan.announce:
        _announce(source, plan.new, as_summary=plan.as_summary)
    fetch = Fetch(
        source=source,
        started_at=answered.now,
        http_status=200,
        outcome=Outcome.NEW if plan.new else Outcome.UNCHANGED,
        duration_ms=document.duration_ms,
        parse_ms=spent.parse_ms,
        store_ms=round((perf_counter() - spent.begun) * 1000),
        bytes=len(document.body) if isinstance(document, Document) else 0,
        new_count=len(plan.new),
        changed_count=len(plan.changed),
        next_fetch_at=answered.next_fetch_at,
    )
    if plan.new or plan.changed:
        fetch.save(force_insert=True)
    return fetch


@transaction.atomic
def store_failure(
    source: Source,
    failure: Failure,
    verdict: Verdict,
    *,
    now: datetime,
    next_fetch_at: datetime,
    is_gone: bool = False,
) -> Fetch:
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
    return Fetch.objects.create(
        source=source,
        started_at=now,
        http_status=failure.status,
        outcome=Outcome.FAILED if verdict is Verdict.FAULT else Outcome.DEFERRED,
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


def _announce(source: Source, new: Sequence[ArticleRecord], *, as_summary: bool) -> None:
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
