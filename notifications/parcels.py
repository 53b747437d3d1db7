"""From notifications to what a transport carries: the same on every repetition."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from notifications import unsubscribing
from notifications.models import Channel, Delivery, Notification
from notifications.transports.base import Item, Links, Parcel, Size


def parcel_of(rows: Sequence[Delivery], size: Size, now: datetime) -> Parcel:
    """Pack deliveries that go together. Raises SealError when their address cannot be read."""
    channel = rows[0].channel
    assert channel  # noqa: S101 - for the type checker: `looking` ends the others
    return pack(rows[0].parcel_id, size, rows, channel, now)


def pack(
    name: str, size: Size, deliveries: Sequence[Delivery], channel: Channel, now: datetime
) -> Parcel:
    """Pack deliveries of one channel, whose notifications, events and user are loaded."""
    user = deliveries[0].user
    return Parcel(
        id=name,
        size=size,
        items=tuple(item_of(row.notification, user.language) for row in deliveries),
        language=user.language,
        timezone=user.timezone,
        user_id=user.pk,
        channel_id=channel.pk,
        address=channel.opened,
        links=Links(
            inbox=f"{settings.PUBLIC_URL}/inbox",
            settings=f"{settings.PUBLIC_URL}/settings/channels",
            unsubscribe=unsubscribing.link(channel) if channel.kind == Channel.Kind.EMAIL else "",
        ),
        attempt=max(row.attempts for row in deliveries),
        sent_at=now,
    )


def item_of(notification: Notification, language: str) -> Item:
    event = notification.event
    title, message = event.in_language(language)
    return Item(
        notification_id=notification.pk,
        event_id=event.pk,
        title=title,
        message=message,
        url=event.url,
        link=f"{settings.PUBLIC_URL}/inbox/{notification.pk}",
        topic=event.topic.slug if event.topic else "",
        source_title=str(event.source) if event.source else "",
        category=event.category,
        priority=notification.priority,
        created_at=notification.created_at,
        data=event.data,
    )
