"""Channels that fail: noted on the channel, and given up with word to its owner."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from newsnotify.lib.saying import said
from notifications.models import Channel, Kind
from notifications.posting import Producer, notify
from notifications.transports import details
from notifications.transports.base import Outcome, Result

PATIENCE = timedelta(days=5)
GOOD = (Result.SENT, Result.DELIVERED)


class Heard(NamedTuple):
    """What a channel was heard of."""

    channel: Channel
    outcome: Outcome


def note(heard: Mapping[int, list[Heard]], now: datetime) -> None:
    """Note on channels how they fare; what is good clears what was bad."""
    for several in heard.values():
        channel = several[0].channel
        outcomes = [each.outcome for each in several]
        if gone := next((each for each in outcomes if each.result is Result.GONE), None):
            disable(channel, gone.detail or details.GONE, now)
        elif any(each.result in GOOD for each in outcomes):
            _recovered(channel)
        else:
            _failed(channel, outcomes[-1], now)


def disable(channel: Channel, reason: str, now: datetime) -> None:
    """Send nothing more to a channel, and tell its owner why; again is fine."""
    enabled = Channel.objects.filter(pk=channel.pk, is_enabled=True)
    words = {"last_error": reason[:500], "disabled_reason": reason[:200]}
    if enabled.update(is_enabled=False, **words):
        _tell_owner(channel, reason, now)


def _recovered(channel: Channel) -> None:
    if channel.failing_since or channel.last_error:
        Channel.objects.filter(pk=channel.pk).update(failing_since=None, last_error="")


def _failed(channel: Channel, outcome: Outcome, now: datetime) -> None:
    rows = Channel.objects.filter(pk=channel.pk)
    rows.filter(failing_since=None).update(failing_since=now)
    rows.update(last_error=outcome.detail[:500])
    if rows.filter(failing_since__lte=now - PATIENCE).exists():
        disable(channel, details.FIVE_DAYS % {"why": outcome.detail}, now)


def _tell_owner(channel: Channel, reason: str, now: datetime) -> None:
    with override(channel.user.language):
        name = channel.label or f"{channel.kind} {channel.address}"
        fields = {
            "title": _("A channel was switched off: {name}").format(name=name)[:500],
            "message": _("Nothing more is sent there until you switch it on again. {why}").format(
                why=said(reason)
            ),
            "kind": Kind.IN_APP,
            "category": "update",
            "priority": "high",
            "url": f"{settings.PUBLIC_URL}/settings/channels",
        }
        notify(producer=Producer(), user=channel.user, fields=fields, now=now)
