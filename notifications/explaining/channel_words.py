"""What became of a notification on each channel, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from newsnotify.lib.saying import said
from notifications.explaining.facts import Way
from notifications.explaining.words import CHANNELS, PREFERENCES, Said, when

Text = str | Promise

KINDS: dict[str, Text] = {
    "email": gettext_lazy("E-mail"),
    "sms": gettext_lazy("SMS"),
    "webhook": gettext_lazy("Webhook"),
    "web_push": gettext_lazy("Browser push"),
    "push": gettext_lazy("Push"),
    "chat": gettext_lazy("Chat"),
    "mock": gettext_lazy("Simulated phone"),
}

_STATES: dict[str, Text] = {
    "pending": gettext_lazy("It is about to be sent."),
    "sending": gettext_lazy("It is being sent."),
    "sent": gettext_lazy("It was sent."),
    "delivered": gettext_lazy("It arrived."),
    "retry": gettext_lazy("It failed and is tried again."),
    "held": gettext_lazy("It is held."),
    "suppressed": gettext_lazy("It was left out."),
    "expired": gettext_lazy("It was not sent: its time was over."),
    "cancelled": gettext_lazy("It was not sent."),
    "dead": gettext_lazy("It failed for good."),
    "bounced": gettext_lazy("It came back."),
}

_STILL: dict[str, Text] = {  # those with a time of which more is to come
    "pending": gettext_lazy("It is to be sent, %(at)s."),
    "held": gettext_lazy("It is held until %(at)s."),
    "retry": gettext_lazy("It failed and is tried again, %(at)s."),
}

# Reasons that are not what a provider said, but ours.
_REASONS: dict[str, Text] = {
    "quiet_hours": gettext_lazy("Your quiet hours hold it."),
    "window": gettext_lazy("It is outside the hours at which you want to be told."),
    "digest": gettext_lazy("It waits for your next digest."),
    "limit": gettext_lazy("You have set how many messages may come here; this one was over."),
    "source_burst": gettext_lazy(
        "You had just been told of its source here: what it published since comes as one message."
    ),
    "ladder": gettext_lazy("On your ladder its turn has not come yet."),
    "not_in_ladder": gettext_lazy("Your ladder does not name such a channel."),
    "less_urgent": gettext_lazy("Your ladder uses this channel for what is more urgent."),
    "no_channel": gettext_lazy("You had no verified channel of the kind that was asked for."),
    "read": gettext_lazy("You had read it already."),
    "archived": gettext_lazy("You had put it away already."),
    "deleted": gettext_lazy("You had deleted it already."),
    "unsubscribed": gettext_lazy("You have switched notifications off."),
    "priority not wanted": gettext_lazy("Your preferences do not name its priority."),
    "category not wanted": gettext_lazy("Your preferences do not name its category."),
    "recalled by its producer": gettext_lazy("Its producer had taken it back."),
    "its time is over": gettext_lazy("Its time was over."),
    "channel deleted": gettext_lazy("The channel was deleted."),
    "channel disabled": gettext_lazy("The channel was switched off."),
    "channel not verified": gettext_lazy("The channel was not verified."),
    "not offered here": gettext_lazy("This server cannot send that way."),
    "account closed": gettext_lazy("The account is closed."),
}

_TOGETHER: dict[str, Text] = {
    "digest": gettext_lazy("It went with a digest."),
    "bundle": gettext_lazy("It went in one message with others."),
}

_REMEDIES: dict[str, tuple[Text, str]] = {
    **dict.fromkeys(
        (
            "quiet_hours",
            "window",
            "digest",
            "limit",
            "source_burst",
            "ladder",
            "not_in_ladder",
            "less_urgent",
        ),
        (gettext_lazy("Change when you are told"), PREFERENCES),
    ),
    **dict.fromkeys(
        ("unsubscribed", "priority not wanted", "category not wanted"),
        (gettext_lazy("Change your preferences"), PREFERENCES),
    ),
    **dict.fromkeys(
        ("no_channel", "channel disabled", "channel not verified"),
        (gettext_lazy("Look at your channels"), CHANNELS),
    ),
}

_RESULTS: dict[str, Text] = {
    "sent": gettext_lazy("sent"),
    "delivered": gettext_lazy("arrived"),
    "retry": gettext_lazy("failed, to be tried again"),
    "failed": gettext_lazy("failed"),
    "gone": gettext_lazy("failed, the address is gone"),
    "held": gettext_lazy("held"),
    "suppressed": gettext_lazy("left out"),
    "expired": gettext_lazy("out of time"),
    "cancelled": gettext_lazy("not sent"),
    "dead": gettext_lazy("given up"),
    "bounced": gettext_lazy("came back"),
    "deferred": gettext_lazy("held up on the way"),
    "complained": gettext_lazy("called spam"),
    "stopped": gettext_lazy("stopped at the mail service"),
    "replayed": gettext_lazy("to be sent once more"),
}


def kind(name: str) -> str:
    return str(KINDS.get(name, name))


def reason(text: str) -> str:
    """Say why, where it is a reason of ours; else as it stands, such as a server's own words."""
    return str(_REASONS.get(text) or said(text))


def state(way: Way) -> Said:
    """Say how a delivery stands, until when, why, and what could be done about it."""
    parts = [str(_STATES.get(way.state, way.state))]
    if way.due_at and way.is_ahead and way.state in _STILL:
        parts = [str(_STILL[way.state]) % {"at": when(way.due_at)}]
    if way.state in ("sent", "delivered") and way.parcel in _TOGETHER:
        parts.append(str(_TOGETHER[way.parcel]))
    if way.reason:
        parts.append(reason(way.reason))
    remedy, path = _REMEDIES.get(way.reason, ("", ""))
    return Said(" ".join(parts), str(remedy), path)


def outcome(name: str) -> str:
    return str(_RESULTS.get(name, name))
