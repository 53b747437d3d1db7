"""Verbs over topics and sources."""

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, F, ProtectedError, QuerySet
from django.utils.timezone import now as clock

from news import article_cache, selectors
from news.crawl import pipeline
from news.crawl.records import Document, Failure
from news.crawl.sandbox import ParserDied
from news.crawl.urls import LONGEST_URL
from news.discovery import canonical_url, find_feeds
from news.models import PER_HOST, Fetch, Outcome, Source, SourceQuerySet, Topic
from newsnotify.lib import doorbell
from newsnotify.lib.errors import Conflict
from newsnotify.lib.fields import digest

BATCH = 150  # sources a task
LEASE = timedelta(minutes=2)
KEEP_FETCHES = timedelta(days=30)
AT_ONCE = 4  # batches of one process, so that one with a slow host does not hold up the others

_places = threading.BoundedSemaphore(AT_ONCE)


def crawl_what_is_due() -> None:
    """Crawl until nothing is due.

    When a process already does so at all its places this returns at once: those take what is
    due next, and other tasks find a thread.
    """
    if _places.acquire(blocking=False):
        try:
            while crawl_due(clock()):
                pass
        finally:
            _places.release()


def crawl_due(now: datetime) -> int:
    """Crawl one batch of what is due. Returns how many sources were crawled."""
    return sum(1 for _ in pipeline.crawl(_claim(Source.objects.due(now), now), now))


def crawl_all(sources: SourceQuerySet) -> Iterator[Fetch]:
    """Crawl sources at once, due or not; those that somebody else crawls meanwhile are left."""
    left = set(sources.values_list("pk", flat=True))
    while left and (leased := _claim(sources.filter(pk__in=left).unleased(clock()), clock())):
        left -= {source.pk for source in leased}
        yield from pipeline.crawl(leased, clock())


def _claim(wanted: SourceQuerySet, now: datetime, limit: int = BATCH) -> list[Source]:
    """Lease sources, so that at most two requests a host are in flight."""
    busy = _in_flight(now)
    full = [host for host, count in busy.items() if count >= PER_HOST]
    ranked = wanted.exclude(host__in=full).first_of_each_host().order_by("next_fetch_at", "pk")
    rows = ranked.values_list("pk", "host", F("rank"))[:limit]
    free = [pk for pk, host, rank in rows if rank + busy[host] <= PER_HOST]
    return _lease(wanted.filter(pk__in=free), now)


def _in_flight(now: datetime) -> Counter[str]:
    leased = Source.objects.filter(leased_until__gt=now).values("host").annotate(n=Count("pk"))
    return Counter(dict(leased.values_list("host", "n")))


def _lease(sources: QuerySet[Source], now: datetime) -> list[Source]:
    """Win what nobody else has; the condition is in the UPDATE itself."""
    lease = secrets.token_hex(16)
    if not sources.update(lease=lease, leased_until=now + LEASE):
        return []
    return list(selectors.with_subscriber_count(Source.objects.filter(lease=lease)))


def crawl_now(*, source: Source, force: bool = False) -> tuple[Source, bool]:
    """Crawl one source at once, conditionally.

    Returns the source and whether it was crawled: not when it is paused, when its host asked
    for patience, or while another worker has it, unless `force`.
    """
    now = clock()
    wanted = Source.objects.filter(pk=source.pk).unleased(now)
    if not force:
        wanted = wanted.filter(is_paused=False).exclude(deferred_until__gt=now)
    fetches = list(pipeline.crawl(_lease(wanted, now), now))
    for fetch in fetches:
        if fetch.pk is None:  # nothing changed: what somebody asked for is noted all the same
            fetch.save()
    source.refresh_from_db()
    return source, any(fetch.outcome != Outcome.DEFERRED for fetch in fetches)


def crawl_soon(sources: QuerySet[Source]) -> int:
    """Let workers crawl sources as soon as they can. Returns how many that will be.

    Those that are paused or gone, or whose host asked for patience, are left as they are.
    """
    now = clock()
    free = Source.objects.filter(pk__in=list(sources.values_list("pk", flat=True)))
    free = free.filter(is_paused=False, is_gone=False).exclude(deferred_until__gt=now)
    doorbell.ring("news.crawl_due_sources")
    return free.update(next_fetch_at=now)


def add_source(
    *,
    url: str,
    topic: Topic | None = None,
    title: str = "",
    check: bool = True,
    is_brought: bool = False,
) -> tuple[Source, bool]:
    """Add a source, or find the one that has this URL. Returns it and whether it is new.

    A page is resolved to the feed it names. With `check` the feed is fetched first and that is
    its first crawl; what is no feed raises ValidationError on `url`.
    """
    url, arrival = _canonical(url), None
    if check and not _has(url):
        url, arrival = _find_feed(url, clock())
    return _keep(url, arrival, topic=topic, title=title, is_brought=is_brought)


def _canonical(url: str) -> str:
    try:
        canonical = canonical_url(url)
    except ValueError as error:
        raise ValidationError({"url": [str(error)]}) from error
    if len(canonical) > LONGEST_URL:  # quoting makes it longer than it was given
        raise ValidationError({"url": [f"This address is longer than {LONGEST_URL} characters."]})
    return canonical


def _has(url: str) -> bool:
    return Source.objects.filter(url_key=digest(url)).exists()


def _find_feed(url: str, now: datetime) -> tuple[str, pipeline.Arrival | None]:
    """Fetch a feed, or the first feed that a page names. Raises ValidationError.

    A feed that we have already is not fetched again.
    """
    arrival = pipeline.look(url, now)
    if arrival.page and (feeds := _feeds_of(arrival.page)):
        url = _canonical(feeds[0])
        if _has(url):
            return url, None
        arrival = pipeline.look(url, now)
    if isinstance(arrival.outcome, Failure):
        raise ValidationError({"url": [arrival.outcome.reason]})
    return url, arrival


def _feeds_of(page: Document) -> tuple[str, ...]:
    try:
        return pipeline.sandbox.run(find_feeds, page.body, page.content_type, page.url)
    except ParserDied:
        return ()


def _keep(url: str, arrival: pipeline.Arrival | None, **fields: Any) -> tuple[Source, bool]:
    """Make the row, unless there is one; leased while its first articles are stored."""
    now = clock()
    if arrival:
        fields |= {"lease": secrets.token_hex(16), "leased_until": now + LEASE}
    try:
        with transaction.atomic():
            source = Source.objects.create(**Source.identified_by(url), **fields)
    except IntegrityError:
        return Source.objects.get(url_key=digest(url)), False
    if arrival:
        _store_first(source, arrival, now)
    return source, True


def _store_first(source: Source, arrival: pipeline.Arrival, now: datetime) -> None:
    fetch = pipeline.store_arrival(source, arrival, now)
    if fetch.outcome == Outcome.FAILED:  # it could be parsed, but not cleaned
        source.delete()
        raise ValidationError({"url": [fetch.error]})
    source.refresh_from_db()


def change_source(*, source: Source, **changes: Any) -> None:
    """Change what an editor may: title, topic, is_paused, interval_seconds.

    Only these columns are written, since a crawl may be writing the others. When crawling is
    taken up again, the next crawl is a quiet one: what came meanwhile is no news.
    """
    changes = {**changes, **_sooner(source, changes.get("interval_seconds"))}
    rows = Source.objects.filter(pk=source.pk)
    with transaction.atomic():
        if changes.get("is_paused") is False:
            rows.filter(is_paused=True).update(first_crawled_at=None)
        rows.update(**changes)
        article_cache.outdate()


def _sooner(source: Source, interval_seconds: int | None) -> dict[str, datetime]:
    """Bring the next crawl forward when a new interval says so and the host has no objection."""
    now = clock()
    if not interval_seconds or (source.deferred_until and source.deferred_until > now):
        return {}
    return {"next_fetch_at": min(source.next_fetch_at, now + timedelta(seconds=interval_seconds))}


def delete_topic(*, topic: Topic, into: Topic | None) -> None:
    """Delete a topic; its sources move `into` another. Raises Conflict when they would not."""
    with transaction.atomic():
        if into:
            topic.sources.update(topic=into)
            article_cache.outdate()
        try:
            topic.delete()
        except ProtectedError as error:
            raise Conflict(
                f"'{topic.slug}' has sources; name the topic that takes them: ?into=slug"
            ) from error


def prune(now: datetime) -> int:
    """Forget old attempts. Returns how many."""
    return Fetch.objects.filter(started_at__lt=now - KEEP_FETCHES).delete()[0]
