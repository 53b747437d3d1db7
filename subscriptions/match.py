"""From an event to those who want it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from subscriptions.models import Preferences, PreferredCategory, Subscription
from subscriptions.priorities import Priority
from subscriptions.query_index import News, Wanted

Wish = int | QuerySet[Any, Any]  # a key, or a query for many


def wanted_by(
    *,
    topics: Collection[int],
    source_id: int | None,
    queries: Collection[Wish] = (),
    priority: str,
    category: str,
    moment: datetime,
    after: int,
) -> list[QuerySet[Subscription, int]]:
    """List queries whose union is the ids of users who want news of a topic or the source,
    or news that keyword queries match.

    Only users with an id above `after`, and subscriptions that let a priority through at a
    moment. Of a source without a topic only its followers hear, whatever they look for. One
    query for each wish, each answered by its own index: an OR over all would be answered by none.
    """
    declined = declining(priority=priority, category=category).filter(user=OuterRef("user"))
    subscriptions = open_to(priority=priority, moment=moment)
    subscriptions = subscriptions.filter(user__is_active=True, user_id__gt=after)
    subscriptions = subscriptions.exclude(Exists(declined))
    asked = [("topic", topic_id) for topic_id in topics]
    if source_id is not None:
        asked.append(("source", source_id))
    wanted = [subscriptions.filter(**{kind: key}) for kind, key in asked]
    if source_id is not None and not topics:
        subscriptions = subscriptions.filter(Exists(_following(OuterRef("user"), source_id)))
    wanted += [
        subscriptions.filter(query=wish)
        if isinstance(wish, int)
        # Of what many queries find a person may have several.
        else subscriptions.filter(query__in=wish).distinct()
        for wish in queries
    ]
    return [rows.values_list("user_id", flat=True) for rows in wanted]


def _following(user: OuterRef | int, source_id: int) -> QuerySet[Subscription]:
    return Subscription.objects.filter(user=user, source=source_id)


def open_to(*, priority: str, moment: datetime) -> QuerySet[Subscription]:
    """List the subscriptions that let a priority through at a moment, whatever the news."""
    return Subscription.objects.filter(
        Q(muted_until=None) | Q(muted_until__lte=moment),
        is_paused=False,
        min_priority__lte=Priority(priority).rank,
    )


def declining(*, priority: str, category: str) -> QuerySet[Preferences]:
    """Find the preferences that do not let this priority or this category through.

    Asked this way round, because most people have no row: they want everything.
    """
    named = PreferredCategory.objects.filter(preferences=OuterRef("pk"), category=category)
    return Preferences.objects.alias(wanted=F("priorities").bitand(Priority(priority).bit)).filter(
        Q(is_subscribed=False)
        | (~Q(priorities=0) & Q(wanted=0))
        | (Q(has_categories=True) & ~Exists(named))
    )


class Reason(NamedTuple):
    """A subscription that news matches, and what of it keeps the news back, if anything."""

    subscription: Subscription
    hindrance: str  # "paused", "muted", "min_priority" or nothing


def why(*, user: User, news: News, priority: str, moment: datetime) -> list[Reason]:
    """List the subscriptions of a user that news matches, oldest first."""
    rows = Subscription.objects.filter(user=user).select_related("topic", "source", "query")
    if news.source_id and not news.topic_id and not _following(user.pk, news.source_id).exists():
        return []
    return [
        Reason(row, _hindrance(row, priority, moment))
        for row in rows.order_by("pk")
        if _is_met(row, news)
    ]


def _is_met(row: Subscription, news: News) -> bool:
    if row.query:
        return Wanted(row.query.program, row.query.topic_id, row.query.source_id).is_met_by(news)
    key, given = (row.topic_id, news.topic_id) if row.topic_id else (row.source_id, news.source_id)
    return key == given


def _hindrance(row: Subscription, priority: str, moment: datetime) -> str:
    if row.is_paused:
        return "paused"
    if row.muted_until and row.muted_until > moment:
        return "muted"
    return "min_priority" if Priority(priority).rank < row.min_priority else ""
