"""The one form in which a notification is shown: in lists, answers and frames."""

from datetime import UTC, datetime
from typing import Any

from notifications import cursors
from notifications.models import Kind, Notification


def represent(notification: Notification) -> dict[str, Any]:
    """Show a notification whose user, event, topic and source are loaded."""
    event = notification.event
    title, message = event.in_language(notification.user.language)
    return {
        "id": notification.pk,
        "event_id": event.pk,
        "user_id": notification.user_id,
        "external_id": notification.user.external_id or None,
        "title": title,
        "message": message,
        "url": event.url,
        "topic": event.topic.slug if event.topic else None,
        "category": event.category,
        "priority": notification.priority,
        "source_title": str(event.source) if event.source else "",
        "type": event.kind or Kind.IN_APP.value,
        "status": notification.status,
        "read": not notification.is_unread,
        "read_at": _time(notification.read_at) if notification.read_at else None,
        "archived": notification.is_archived,
        "article": event.article_id,
        "metadata": event.data,
        "release_time": _time(event.release_time),
        "created_at": _time(notification.created_at),
        "cursor": cursors.encode(notification.revision),
    }


def _time(moment: datetime) -> str:
    """Write a moment by RFC 3339, the same for every renderer."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
