"""Reads of what people want."""

from django.db.models import QuerySet

from accounts.models import User
from news.selectors import Viewer, sources_for, topics_for
from subscriptions.models import Preferences, Subscription

__all__ = ["sources_for", "subscriptions_of", "topics_for"]


def subscriptions_of(viewer: Viewer) -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(user_id=viewer.pk or 0)
    rows = rows.select_related("topic", "source", "query__topic").prefetch_related("channels")
    return rows.order_by("-id")


def subscriber_count() -> int:
    """Count the accounts that are told what matches: all but those who declined."""
    accounts = User.objects.filter(is_active=True, external_key=None)
    declined = Preferences.objects.filter(is_subscribed=False)
    declined = declined.filter(user__is_active=True, user__external_key=None)
    return accounts.count() - declined.count()
