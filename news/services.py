"""Verbs over topics and sources."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.timezone import now as clock
from django.utils.translation import gettext as _

from news import article_cache
from news.crawl import attempts, pipeline
from news.crawl.arrivals import Arrival, sandbox
from news.crawl.attempts import Attempt
from news.crawl.records import Document, Failure
from news.crawl.sandbox import ParserDied
from news.crawl.urls import LONGEST_URL
from news.discovery import canonical_url, find_feeds
from news.leases import LEASE, claim, lease
from news.models import Fetch, Outcome, Source, SourceQuerySet, Topic
from newsnotify.lib import doorbell
from newsnotify.lib.errors import Conflict
from newsnotify.lib.fields import digest
from newsnotify.lib.lines import one_line
from newsnotify.lib.saying import said
from newsnotify.lib.turns import Turn

KEEP_FETCHES = timedelta(days=30)

CRAWL_DUE = "news.crawl_due_sources"  # the task

_crawling = Turn()


def crawl_what_is_due() -> None:
    """Crawl until nothing is due, unless a thread of this process already does."""
    _crawling.take(crawl_due)


def crawl_due(clock: Callable[[], datetime] = clock) -> int:
    """Crawl until nothing is due. Returns how many sources were crawled."""

    has_rung = False

    def claim_due(room: int) -> list[Source]:
        nonlocal has_rung
        leased = claim(Source.objects.due(clock()), clock(), room)
        if len(leased) == room and not has_rung:
            doorbell.ring(CRAWL_DUE)  # there is more: for another worker, we are one ourselves
        has_rung = len(leased) == room
        return leased

    return sum(1 for _ in pipeline.crawl(claim_due, clock))


def crawl_all(sources: SourceQuerySet) -> Iterator[Attempt]:
    """Crawl sources at once, due or not; those that somebody else crawls meanwhile are left."""
    left = set(sources.values_list("pk", flat=True))

    def claim_left(room: int) -> list[Source]:
        leased = claim(sources.filter(pk__in=left).unleased(clock()), clock(), room)
        left.difference_update(source.pk for source in leased)
        return leased

    return pipeline.crawl(claim_left, clock)


def crawl_now(*, source: Source, force: bool = False) -> tuple[Source, bool]:
    """Crawl one source at once, conditionally.

    Returns the source and whether it was crawled: not when it is paused, when its host asked
    for patience, or while another worker has it, unless `force`.
    """
    now = clock()
    wanted = Source.objects.filter(pk=source.pk).unleased(now)
    if not force:
        wanted = wanted.filter(is_paused=False).exclude(deferred_until__gt=now)
    made = list(pipeline.crawl_these(lease(wanted, [source.pk], now), now))
    # What somebody asked for is noted, also where nothing changed.
    attempts.write(attempt for attempt in made if not attempt.is_written)
    source.refresh_from_db()
    return source, any(attempt.outcome != Outcome.DEFERRED for attempt in made)


def crawl_soon(sources: QuerySet[Source]) -> int:
    """Let workers crawl sources as soon as they can. Returns how many that will be.

    Those that are paused or gone, or whose host asked for patience, are left as they are.
    """
    now = clock()
    free = Source.objects.filter(pk__in=list(sources.values_list("pk", flat=True)))
    free = free.filter(is_paused=False, is_gone=False).exclude(deferred_until__gt=now)
    doorbell.ring(CRAWL_DUE)
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


class Listed(NamedTuple):
    """What became of a list of URLs."""

    sources: dict[int, Source]  # by id
    added: int  # how many of them are new
    refused: dict[str, str]  # URLs that are no source's, and why


def known_or_new(titles: Mapping[str, str], *, topic: Topic | None = None) -> Listed:
    """Find or make the sources of many URLs, with titles for new ones. Nothing is fetched.

    Those without a topic were brought by a reader.
    """
    wanted: dict[bytes, tuple[str, str]] = {}
    refused: dict[str, str] = {}
    for url, title in titles.items():
        try:
            canonical = _canonical(url)
        except ValidationError as error:
            refused[url] = " ".join(error.messages)
        else:
            wanted.setdefault(digest(canonical), (canonical, one_line(title)[:300]))
    known = {bytes(source.url_key) for source in _having(wanted)}
    Source.objects.bulk_create(
        [
            Source(**Source.identified_by(url), title=title, topic=topic, is_brought=topic is None)
            for key, (url, title) in wanted.items()
            if key not in known
        ],
        1_000,
        ignore_conflicts=True,  # somebody else may bring it at the same time
    )
    sources = {source.pk: source for source in _having(wanted)}
    return Listed(sources, len(sources) - len(known), refused)


def _having(keys: Collection[bytes]) -> Iterator[Source]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):
        yield from Source.objects.filter(url_key__in=ordered[start : start + 500])


def _canonical(url: str) -> str:
    try:
        canonical = canonical_url(url)
    except ValueError as error:
        raise ValidationError({"url": [said(str(error))]}) from error
    if len(canonical) > LONGEST_URL:  # quoting makes it longer than it was given
        too_long = _("This address is too long: it may have %(most)s characters.")
        raise ValidationError({"url": [too_long % {"most": LONGEST_URL}]})
    return canonical


def _has(url: str) -> bool:
    return Source.objects.filter(url_key=digest(url)).exists()


def _find_feed(url: str, now: datetime) -> tuple[str, Arrival | None]:
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
        raise ValidationError({"url": [said(arrival.outcome.reason)]})
    return url, arrival


def _feeds_of(page: Document) -> tuple[str, ...]:
    try:
        return sandbox.run(find_feeds, page.body, page.content_type, page.url)
    except ParserDied:
        return ()


def _keep(url: str, arrival: Arrival | None, **fields: Any) -> tuple[Source, bool]:
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
        pipeline.store_arrival(source, arrival, now)
        source.refresh_from_db()
    return source, True


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
            why = _("'%(slug)s' has sources; name the topic that takes them: ?into=slug")
            raise Conflict(why % {"slug": topic.slug}) from error


def prune(now: datetime) -> int:
    """Forget old attempts. Returns how many."""
    return Fetch.objects.filter(started_at__lt=now - KEEP_FETCHES).delete()[0]
