"""Look again before sending: much can have happened since a delivery was made."""

from dataclasses import dataclass
from datetime import datetime

from notifications.models import Channel, Delivery, Event, Kind, Notification, Place
from notifications.transports.base import Transport
from subscriptions.models import Preferences, PreferredCategory
from subscriptions.priorities import Priority

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a delivery is not sent now; with `until` it is looked at again then."""

    state: Delivery.State
    reason: str
    until: datetime | None = None


def verdict(delivery: Delivery, transport: Transport | None, now: datetime) -> Verdict | None:
    """Tell why a delivery is not to be sent now; None when it is.

    Its notification, event, user and channel are loaded.
    """
    return (
        _of_notification(delivery.notification, now)
        or _of_channel(delivery.channel, transport)
        or _of_reader(delivery, transport)
    )


def _of_notification(row: Notification, now: datetime) -> Verdict | None:
    event = row.event
    if event.expires_at and event.expires_at <= now:
        return Verdict(State.EXPIRED, "its time is over")
    if event.withdrawn_at:
        return Verdict(State.CANCELLED, "recalled by its producer")
    if row.place == Place.DELETED:
        return Verdict(State.CANCELLED, "deleted")
    return None


def _of_channel(channel: Channel | None, transport: Transport | None) -> Verdict | None:
    if channel is None:
        return Verdict(State.CANCELLED, "channel deleted")
    if not channel.is_enabled:
        if channel.disabled_reason:  # not by its owner: it can be sent once more
            return Verdict(State.DEAD, "channel disabled")
        return Verdict(State.CANCELLED, "channel disabled")
    if channel.verified_at is None:
        return Verdict(State.CANCELLED, "channel not verified")
    if transport is None:
        return Verdict(State.SUPPRESSED, "not offered here")
    return None


def _of_reader(delivery: Delivery, transport: Transport | None) -> Verdict | None:
    row, user = delivery.notification, delivery.user
    if not user.is_active:
        return Verdict(State.CANCELLED, "account closed")
    if transport and transport.is_for_people and row.place == Place.ARCHIVED:
        return Verdict(State.SUPPRESSED, "archived")
    if transport and transport.is_for_people and not row.is_unread:
        return Verdict(State.SUPPRESSED, "read")
    preferences: Preferences | None = getattr(user, "preferences", None)
    is_test = row.event.kind == Kind.IN_APP  # of a channel: nothing else comes here so
    if row.event.is_addressed and preferences and not is_test:
        return _of_preferences(preferences, row.event, has_sign_in=not user.external_id)
    return None


def _of_preferences(preferences: Preferences, event: Event, *, has_sign_in: bool) -> Verdict | None:
    """Tell whether what was addressed stays in the inbox; what matched has passed them."""
    if has_sign_in and not preferences.is_subscribed:
        return Verdict(State.SUPPRESSED, "unsubscribed")
    if preferences.priorities and not preferences.priorities & Priority(event.priority).bit:
        return Verdict(State.SUPPRESSED, "priority not wanted")
    wanted = PreferredCategory.objects.filter(preferences=preferences, category=event.category)
    if preferences.has_categories and not wanted.exists():
        return Verdict(State.SUPPRESSED, "category not wanted")
    return None
