"""From an event to those who want it."""

from django.db.models import QuerySet

from subscriptions.models import Subscription


def wanted_by(
    *, topic_id: int | None, source_id: int | None, after: int
) -> list[QuerySet[Subscription, int]]:
    """List queries whose union is the ids of users who want news of this topic or source.

    Only users with an id above `after`. One query for each kind of subscription, each
    answered by its own index: an OR over both would be answered by neither.
    """
    subscriptions = Subscription.objects.filter(user__is_active=True, user_id__gt=after)
    asked = {"topic": topic_id, "source": source_id}
    return [
        subscriptions.filter(**{kind: key}).values_list("user_id", flat=True)
        for kind, key in asked.items()
        if key is not None
    ]
