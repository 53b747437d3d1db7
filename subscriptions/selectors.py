"""Reads of what people want."""

from django.db.models import QuerySet

from news.selectors import Viewer, sources_for, topics_for
from subscriptions.models import Subscription

__all__ = ["sources_for", "subscriptions_of", "topics_for"]


def subscriptions_of(viewer: Viewer) -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(user_id=viewer.pk or 0)
    return rows.select_related("topic", "source").order_by("-id")
