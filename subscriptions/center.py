"""What the subscription centre shows: all that a person wants, and how much of it there is."""

from datetime import datetime
from typing import Any

from django.db.models import F, FloatField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast

from accounts.models import User
from news.models import Source
from subscriptions import selectors
from subscriptions.models import Kind, Subscription

DAY_SECONDS = 86_400.0

# Of what is paused long since, or was never dated, nothing is known.
_PER_DAY = DAY_SECONDS / Cast(F("rhythm_seconds"), FloatField())


def followed_topics(user: User, now: datetime) -> list[dict[str, Any]]:
    """List the followed topics by name, each with its subscription and its cadence."""
    paced = Source.objects.filter(topic=OuterRef("pk"), is_paused=False, rhythm_seconds__gt=0)
    sums = paced.order_by().values("topic").annotate(sum=Sum(_PER_DAY)).values_list("sum")
    rows = selectors.topics_for(user).annotate(per_day=Subquery(sums[:1]))
    mine = _by(user, Kind.TOPIC, "topic_id")
    topics = rows.filter(pk__in=mine).order_by("name")
    return [_shown(topic, mine[topic.pk], topic.per_day, now) for topic in topics]


def followed_sources(user: User) -> QuerySet[Source]:
    """List the followed sources by name."""
    mine = Subscription.objects.filter(user=user, kind=Kind.SOURCE).values("source")
    return selectors.sources_for(user).filter(pk__in=mine).order_by("title", "pk")


def with_subscriptions(user: User, sources: list[Source], now: datetime) -> list[dict[str, Any]]:
    """Show sources, each with its subscription and its cadence."""
    mine = _by(user, Kind.SOURCE, "source_id")
    return [
        _shown(
            source,
            mine[source.pk],
            DAY_SECONDS / source.rhythm_seconds if source.rhythm_seconds else None,
            now,
        )
        for source in sources
        if source.pk in mine
    ]


def alerts(user: User, now: datetime) -> list[dict[str, Any]]:
    """List the keyword subscriptions, newest first."""
    rows = selectors.subscriptions_of(user).filter(kind=Kind.KEYWORD)
    return [_shown(row.query, row, None, now) for row in rows]


def _by(user: User, kind: Kind, key: str) -> dict[int, Subscription]:
    rows = Subscription.objects.filter(user=user, kind=kind)
    return {getattr(row, key): row for row in rows}


def _shown(thing: Any, row: Subscription, per_day: float | None, now: datetime) -> dict[str, Any]:
    is_muted = bool(row.muted_until and row.muted_until > now)
    return {"thing": thing, "row": row, "per_day": per_day, "is_muted": is_muted}
