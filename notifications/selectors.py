"""Reads of inboxes."""

from django.db.models import Max, Prefetch, QuerySet

from accounts.models import User
from notifications.models import Event, Inbox, Notification, Place


def notifications_of(user: User) -> QuerySet[Notification]:
    """Everything that lies in a user's inbox or archive, with what showing it needs."""
    # By a query of its own: joined, MariaDB begins at the events and sorts the whole inbox.
    events = Event.objects.select_related("topic", "source")
    rows = user.notifications.filter(place__in=(Place.INBOX, Place.ARCHIVED))
    return rows.prefetch_related(Prefetch("event", events))


def newest_row() -> int:
    """Tell the id of the newest notification, whoever's it is."""
    newest: int | None = Notification.objects.aggregate(newest=Max("id"))["newest"]
    return newest or 0


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
