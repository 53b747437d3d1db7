"""Write what a crawl brought: each outcome is one transaction, fenced by the source's lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from time import perf_counter
from typing import Any

from django.db import IntegrityError, connection, transaction

from news import article_cache
from news.crawl import articles, attempts
from news.crawl.attempts import Attempt
from news.crawl.bell import bell
from news.crawl.finish import Answered, finish, healthy
from news.crawl.records import Document, Failure, Plan, Reading, SourceState
from news.crawl.stored import any_of
from news.models import Announcement, Outcome, Source
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.fields import adapted


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


def store_documents(several: Sequence[Decided]) -> list[Attempt]:
    """Insert and update articles, announce the new ones, note the attempts: one transaction.

    Those whose lease was lost are left out; an attempt that brought nothing has no row.
    """
    # In the order of keys, so that no two workers wait for each other's rows.
    ordered = sorted(several, key=lambda one: one.answered.source.pk)
    return repeated(lambda: _store_documents(ordered))


@transaction.atomic
def _store_documents(several: Sequence[Decided]) -> list[Attempt]:
    """Each statement for all of them: a second one would wait for its turn among the threads."""
    begun = perf_counter()
    ours = [one for one in several if finish(one.answered.source, **_columns(one))]
    if not ours:
        return []
    articles.write([(one.answered.source, one.plan, one.answered.now) for one in ours])
    _announce([one for one in ours if one.plan.announce])
    store_ms = round((perf_counter() - begun) * 1000 / len(ours))
    stored = [_attempt(one, store_ms) for one in ours]
    if telling := [attempt for attempt in stored if attempt.is_written]:
        attempts.write(telling)
        article_cache.outdate()
    return stored


def _attempt(one: Decided, store_ms: int) -> Attempt:
    document, plan = one.answered.answer, one.plan
    return Attempt(
        source=one.answered.source,
        started_at=one.answered.now,
        http_status=200,
        outcome=Outcome.NEW if plan.new else Outcome.UNCHANGED,
        duration_ms=document.duration_ms,
        parse_ms=one.parse_ms,
        store_ms=store_ms,
        bytes=document.size if isinstance(document, Document) else 0,
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


def _announce(several: Sequence[Decided]) -> None:
    """Queue what is new for those who want it, article by article or as one burst."""
    if not several:
        return
    bell.want()
    now = several[0].answered.now
    for one in several:
        if one.plan.as_summary:
            count, source = len(one.plan.new), one.answered.source
            Announcement.objects.create(source=source, count=count)
    each = [one for one in several if not one.plan.as_summary]
    new = [(one.answered.source.pk, [r.identity for r in one.plan.new]) for one in each]
    where, keys = any_of("identity", new)
    if where:
        with connection.cursor() as cursor:
            # MySQL does not tell the ids of rows inserted in bulk.
            cursor.execute(
                "INSERT INTO news_announcement (source_id, article_id, count, created_at) "  # noqa: S608 - our own names
                f"SELECT source_id, id, 1, %s FROM news_article WHERE {where} ORDER BY id",
                [adapted(now), *keys],
            )
