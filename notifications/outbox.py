"""What went, or should have gone, to one channel: read from its deliveries."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import orjson
from django.db.models import QuerySet

from notifications.models import Channel, Delivery, Place
from notifications.parcels import item_of, pack
from notifications.transports import webhook
from notifications.transports.base import Size

MOST = 100

_HERE = ("notification__event__topic", "notification__event__source", "user")
_ARRIVED = (Delivery.State.SENT, Delivery.State.DELIVERED)


def shown(channel: Channel) -> list[dict[str, Any]]:
    """List the messages that reached a simulated phone, the newest first."""
    rows = channel.deliveries.filter(state__in=_ARRIVED).select_related(*_HERE)
    newest = rows.order_by("-ended_at", "-pk")[:MOST]
    return [_message(list(several)) for _, several in groupby(newest, lambda row: row.parcel_id)]


def since(channel: Channel, revision: int) -> tuple[list[dict[str, Any]], int]:
    """List what was meant for a channel after an inbox revision, and how far that reaches.

    Whatever became of it: who was away for a week, or replayed too much, knows by the id.
    """
    found = _after(channel, revision)
    rows = list(found.order_by("notification__created_revision")[:MOST])
    results = [
        {"id": row.parcel_id, "at": row.created_at, "body": _body(row, channel)} for row in rows
    ]
    return results, rows[-1].notification.created_revision if rows else revision


def _after(channel: Channel, revision: int) -> QuerySet[Delivery]:
    rows = channel.deliveries.filter(
        notification__user_id=channel.user_id, notification__created_revision__gt=revision
    )
    return rows.exclude(notification__place=Place.DELETED).select_related(*_HERE)


def _body(row: Delivery, channel: Channel) -> Any:
    parcel = pack(row.parcel_id, Size.ONE, [row], channel, row.created_at)
    return orjson.loads(webhook.body_of(parcel))


def _message(rows: Iterable[Delivery]) -> dict[str, Any]:
    several = list(rows)
    items = [item_of(row.notification, row.user.language) for row in several]
    first = items[0]
    return {
        "id": several[0].parcel_id,
        "at": several[0].ended_at,
        "notification_id": first.notification_id,
        "title": first.title,
        "message": first.message,
        "url": first.url,
        "priority": first.priority,
        "items": [{"notification_id": item.notification_id, "title": item.title} for item in items],
    }
