"""Reads of inboxes."""

from django.db.models import QuerySet

from accounts.models import User
from notifications.models import Inbox, Notification


def notifications_of(user: User) -> QuerySet[Notification]:
    """Everything a user was told, with what showing it needs."""
    return Notification.objects.filter(user=user).select_related("event__topic", "event__source")


def unread_count(user: User) -> int:
    inbox = Inbox.objects.filter(user=user).only("unread").first()
    return inbox.unread if inbox else 0


def revision_of(user_id: int) -> int:
    inbox = Inbox.objects.filter(user_id=user_id).only("revision").first()
    return inbox.revision if inbox else 0


def revisions_of(user_ids: list[int]) -> dict[int, int]:
    """Tell the revisions of many inboxes; who has none yet is left out."""
    rows = Inbox.objects.filter(user_id__in=user_ids).values_list("user_id", "revision")
    return dict(rows)
