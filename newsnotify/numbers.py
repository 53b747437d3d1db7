"""How much there is of everything, for the status page and `/metrics`: never a long count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.timezone import now

from accounts.models import User
from news.models import Article, Fetch, Source
from newsnotify import waiting
from newsnotify.lib.estimates import about
from newsnotify.lib.impatience import hurry
from newsnotify.lib.lookouts import Lookout
from notifications.models import Notification
from subscriptions.models import Subscription

KEEP_SECONDS = 10.0
PATIENCE_SECONDS = 5
STATUSES = ("ok", "new", "failing", "gone", "paused")
RECENTLY = timedelta(hours=1)


@dataclass(frozen=True)
class Numbers:
    """What the tables say; `rows` are estimates beyond 10,000, `waiting` stops there."""

    sources: Mapping[str, int]  # by status
    last_crawl_at: datetime | None
    waiting: Mapping[str, int]
    oldest_at: datetime | None
    rows: Mapping[str, int]

    @property
    def source_count(self) -> int:
        return sum(self.sources.values())


def look() -> Numbers:
    """Read the numbers anew."""
    hurry(PATIENCE_SECONDS)
    moment = now()
    by_status = {name: Count("pk", filter=_has(name)) for name in STATUSES}
    found: dict[str, Any] = Source.objects.aggregate(**by_status, at=Max("last_fetched_at"))
    return Numbers(
        last_crawl_at=found.pop("at"),
        sources=found,
        waiting=waiting.counts(moment),
        oldest_at=waiting.oldest(moment),
        rows={str(model._meta.verbose_name_plural): about(model) for model in MODELS},
    )


MODELS = (User, Article, Subscription, Notification, Fetch)
lookout = Lookout(look, keep_seconds=KEEP_SECONDS)


def latest() -> Numbers | None:
    """Give numbers that are ten seconds old at most; None when the database keeps us waiting."""
    try:
        return lookout.answer()
    except Exception:  # noqa: BLE001 - health tells what is wrong with the database
        return None


def _has(status: str) -> Q:
    """Match as `SourceQuerySet.with_status` does, but for one pass over all of them."""
    if status == "paused":
        return Q(is_paused=True)
    if status == "gone":
        return Q(is_paused=False, is_gone=True)
    going = Q(is_paused=False, is_gone=False)
    if status == "failing":
        return going & Q(failure_count__gt=0)
    return going & Q(failure_count=0, first_crawled_at__isnull=status == "new")
