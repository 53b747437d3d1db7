"""Parcels to send, small and whole."""

from datetime import UTC, datetime
from typing import Any

from notifications.transports.base import Item, Links, Parcel, Size

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LINKS = Links(
    inbox="https://news.example/inbox",
    settings="https://news.example/settings/channels",
    unsubscribe="https://news.example/unsubscribe?token=abc",
)


def item(number: int = 1, **given: Any) -> Item:
    fields: dict[str, Any] = {
        "notification_id": number,
        "event_id": number,
        "title": f"Water found on the Moon {number}",
        "message": "A probe saw ice in the shade of a crater.",
        "url": "https://paper.example/moon",
        "link": f"https://news.example/inbox/{number}",
        "topic": "Science",
        "source_title": "The Paper",
        "category": "general",
        "priority": "medium",
        "created_at": NOON,
    }
    return Item(**{**fields, **given})


def parcel(*items: Item, **given: Any) -> Parcel:
    fields: dict[str, Any] = {
        "id": "msg_1",
        "size": Size.ONE if len(items) < 2 else Size.BUNDLE,
        "items": items or (item(),),
        "language": "en",
        "timezone": "Europe/Berlin",
        "user_id": 1,
        "channel_id": 1,
        "address": {"address": "ann@example.org"},
        "links": LINKS,
    }
    return Parcel(**{**fields, **given})
