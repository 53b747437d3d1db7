"""From an event to those who want it."""

from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from subscriptions.models import Preferences, PreferredCategory, Subscription
from subscriptions.priorities import Priority


def wanted_by(
    *, topics: Collection[int], source_id: int | None, priority: str, category: str, after: int
) -> list[QuerySet[Subscription, int]]:
    """List queries whose union is the ids of users who want news of a topic or the source.

    Only users with an id above `after`. One query for each kind of subscription, each
    answered by its own index: an OR over both would be answered by neither.
    """
    declined = declining(priority=priority, category=category).filter(user=OuterRef("user"))
    subscriptions = Subscription.objects.filter(user__is_active=True, user_id__gt=after)
    subscriptions = subscriptions.exclude(Exists(declined))
    asked = [("topic", topic_id) for topic_id in topics]
    if source_id is not None:
        asked.append(("source", source_id))
    return [
        subscriptions.filter(**{kind: key}).values_list("user_id", flat=True) for kind, key in asked
    ]


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
