"""Where those who were just told can be reached besides: their deliveries, made with the rows.

In the transaction that makes the notifications, for as many of them as that makes. What their
preferences say of it is looked at when a delivery is due; see `looking`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from newsnotify.lib import doorbell
from newsnotify.lib.fields import adapted, marks
from notifications.models import Channel, Delivery, Event, Kind, Notification
from notifications.transports import registry
from subscriptions.priorities import Priority

DELIVER = "notifications.deliver"
NO_CHANNEL = "no_channel"

_KINDS: dict[str, Collection[str]] = {
    Kind.EMAIL: ("email",),
    Kind.SMS: ("sms",),
    Kind.PUSH: ("web_push", "mock"),
    Kind.WEBHOOK: ("webhook",),
    Kind.CHAT: ("chat",),
    Kind.IN_APP: (),
}
_COLUMNS = """notification_id, user_id, channel_id, kind, state, reason, due_at, created_at,
    ended_at, lease, attempts, lost, parcel"""
# The chunk's table and the order of the tables as in `fanout`.
_JOIN = {"mysql": "STRAIGHT_JOIN", "sqlite": "CROSS JOIN"}
_TOLD = "notifications_notification told ON told.user_id = chunk.user_id AND told.event_id = %s"
_ANYBODY = """
    SELECT EXISTS (SELECT 1 FROM notifications_channel WHERE is_ready = 1
    AND user_id BETWEEN %s AND %s AND kind IN ({kinds}))
"""
_MAKE = """
    INSERT INTO notifications_delivery ({columns})
    SELECT told.id, chunk.user_id, channel.id, channel.kind, 'pending', '', %s, %s,
        NULL, '', 0, 0, ''
    FROM fan_out_chunk chunk
    {join} notifications_channel channel ON channel.user_id = chunk.user_id
    {join} {told}
    WHERE channel.is_ready = 1 AND channel.kind IN ({kinds}) {chosen}
"""
_MAKE_NOWHERE = """
    INSERT INTO notifications_delivery ({columns})
    SELECT told.id, chunk.user_id, NULL, %s, 'suppressed', 'no_channel', NULL, %s,
        %s, '', 0, 0, ''
    FROM fan_out_chunk chunk {join} {told}
    WHERE NOT EXISTS (SELECT 1 FROM notifications_channel channel WHERE channel.is_ready = 1
        AND channel.user_id = chunk.user_id AND channel.kind IN ({kinds}))
"""
_NOTE = {
    "mysql": """
        UPDATE fan_out_chunk chunk
        STRAIGHT_JOIN {told}
        STRAIGHT_JOIN notifications_delivery delivery ON delivery.notification_id = told.id
        SET told.outcome = delivery.state
    """,
    "sqlite": """
        UPDATE notifications_notification SET outcome = delivery.state
        FROM fan_out_chunk chunk CROSS JOIN {told}
        CROSS JOIN notifications_delivery delivery ON delivery.notification_id = told.id
        WHERE notifications_notification.id = told.id
    """,
}
# A subscription that names channels is told there; one that names none, everywhere.
_ANY_NAMED = "SELECT EXISTS (SELECT 1 FROM notifications_channel_subscriptions)"
_MET = """
    (wish.topic_id = %s OR wish.source_id = %s OR wish.query_id IN (
        SELECT query_id FROM notifications_eventmatch WHERE event_id = %s))
    AND wish.is_paused = %s AND wish.min_priority <= %s
    AND (wish.muted_until IS NULL OR wish.muted_until <= %s)
"""
_CHOSEN = f"""
    AND (EXISTS (
        SELECT 1 FROM notifications_channel_subscriptions named
        JOIN subscriptions_subscription wish ON wish.id = named.subscription_id
        WHERE named.channel_id = channel.id AND {_MET}
    ) OR EXISTS (
        SELECT 1 FROM subscriptions_subscription wish
        WHERE wish.user_id = chunk.user_id AND {_MET}
        AND NOT EXISTS (SELECT 1 FROM notifications_channel_subscriptions named
            WHERE named.subscription_id = wish.id)
    ) OR NOT EXISTS (
        SELECT 1 FROM subscriptions_subscription wish
        WHERE wish.user_id = chunk.user_id AND {_MET}
    ))
"""  # noqa: S608 - our own words; the last is for who was told for another reason


def kinds_for(event: Event) -> list[str]:
    """List the kinds of channel that an event goes to besides the inbox."""
    wanted = _KINDS.get(event.kind)
    return [kind for kind in registry.offered() if wanted is None or kind in wanted]


def make_for_chunk(
    event: Event, users: tuple[int, int], now: datetime, cursor: CursorWrapper
) -> None:
    """Make the deliveries of a chunk of the fan-out, whose users lie in this range."""
    if event.kind == Kind.IN_APP:
        return
    kinds, moment = kinds_for(event), adapted(now)
    told_of = event.told_as_id or event.pk
    cursor.execute(_ANYBODY.format(kinds=marks(kinds)), [*users, *kinds])
    made = 0
    if cursor.fetchone()[0]:
        chosen, asked = _chosen(event, cursor)
        make = _written(_MAKE, kinds, chosen=chosen)
        cursor.execute(make, [moment, moment, told_of, *kinds, *asked])
        if made := cursor.rowcount:
            doorbell.ring(DELIVER)
    if event.kind:
        nowhere = [event.kind, moment, moment, told_of, *kinds]
        cursor.execute(_written(_MAKE_NOWHERE, kinds), nowhere)
        made += cursor.rowcount
    if made:
        cursor.execute(_NOTE[connection.vendor].format(told=_TOLD), [told_of])


def make_for_one(notification: Notification, event: Event, now: datetime) -> None:
    """Make the deliveries of a notification that was addressed to its user."""
    if event.kind == Kind.IN_APP:
        return
    found = Channel.objects.filter(
        user_id=notification.user_id, is_ready=True, kind__in=kinds_for(event)
    )
    channels = list(found)
    if channels:
        make_on(notification, channels, now)
    elif event.kind:
        _make_nowhere(notification, event.kind, now)


def make_on(notification: Notification, channels: Collection[Channel], now: datetime) -> None:
    """Make a delivery of a notification on each of these channels."""
    Delivery.objects.bulk_create(
        Delivery(
            notification=notification,
            user_id=notification.user_id,
            channel=channel,
            kind=channel.kind,
            due_at=now,
            created_at=now,
        )
        for channel in channels
    )
    _note(notification, Delivery.State.PENDING)
    doorbell.ring(DELIVER)


def _make_nowhere(notification: Notification, kind: str, now: datetime) -> None:
    Delivery.objects.create(
        notification=notification,
        user_id=notification.user_id,
        kind=kind,
        state=Delivery.State.SUPPRESSED,
        reason=NO_CHANNEL,
        due_at=None,
        created_at=now,
        ended_at=now,
    )
    _note(notification, Delivery.State.SUPPRESSED)


def _note(notification: Notification, outcome: str) -> None:
    notification.outcome = outcome
    notification.save(update_fields=["outcome"])


def _chosen(event: Event, cursor: CursorWrapper) -> tuple[str, list[Any]]:
    if event.is_addressed:
        return "", []
    cursor.execute(_ANY_NAMED)
    if not cursor.fetchone()[0]:
        return "", []
    rank, moment = Priority(event.priority).rank, adapted(event.release_time)
    return _CHOSEN, [event.topic_id, event.source_id, event.pk, False, rank, moment] * 3


def _written(statement: str, kinds: Collection[str], chosen: str = "") -> str:
    join = _JOIN[connection.vendor]
    return statement.format(
        columns=_COLUMNS, join=join, told=_TOLD, kinds=marks(kinds), chosen=chosen
    )
