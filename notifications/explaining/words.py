"""Findings in words, in the active language and time zone, spoken to whom the news is for."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from notifications.explaining.findings import Answer, Code, Effect, Explanation, Finding

SUBSCRIPTIONS, PREFERENCES = "/subscriptions", "/settings/preferences"
CHANNELS = "/settings/channels"

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, what could be done about it, and where."""

    text: str
    remedy: str = ""
    path: str = ""


PRIORITIES: dict[str, Text] = {
    "low": gettext_lazy("low"),
    "medium": gettext_lazy("medium"),
    "high": gettext_lazy("high"),
    "critical": gettext_lazy("critical"),
}

_FOLLOWED: dict[str, Text] = {
    "topic": gettext_lazy("You follow the topic “%(name)s”."),
    "source": gettext_lazy("You follow the source “%(name)s”."),
    "keyword": gettext_lazy("It has what you look for: %(words)s."),
}

_SENTENCES: dict[Code, Text] = {
    Code.FIRST_CRAWL: gettext_lazy(
        "“%(name)s” was crawled for the first time, or for the first time after a pause. Such "
        "crawls tell nobody: what was published before is no news."
    ),
    Code.ANNOUNCED: gettext_lazy("It has just been found and is about to be told."),
    Code.NO_EVENT: gettext_lazy("No event is kept that told of this article."),
    Code.SCHEDULED: gettext_lazy("It is not released yet: its time is %(at)s."),
    Code.BEING_TOLD: gettext_lazy("It is being told just now."),
    Code.RECALLED: gettext_lazy("Its producer took it back, %(at)s."),
    Code.EXPIRED: gettext_lazy("Its time was over, %(at)s."),
    Code.ACCOUNT_CLOSED: gettext_lazy("The account is closed."),
    Code.ADDRESSED_TO_OTHERS: gettext_lazy("It was addressed to others, not to you."),
    Code.PAUSED: gettext_lazy("Your subscription “%(name)s” is paused."),
    Code.MUTED: gettext_lazy("You mute “%(name)s” until %(at)s."),
    Code.MIN_PRIORITY: gettext_lazy(
        "From “%(name)s” you want priority %(least)s and above; this was %(given)s."
    ),
    Code.FOLLOWED_LATER: gettext_lazy(
        "You follow “%(name)s” since %(at)s; this had been told by then."
    ),
    Code.NOTHING_MATCHES: gettext_lazy("No subscription of yours matches."),
    Code.UNSUBSCRIBED: gettext_lazy("You have switched notifications off."),
    Code.PRIORITY_WANTED: gettext_lazy(
        "Your preferences name the priorities %(wanted)s; this was %(given)s."
    ),
    Code.PRIORITY_NOT_WANTED: gettext_lazy(
        "Your preferences name only the priorities %(wanted)s; this was %(given)s."
    ),
    Code.CATEGORY_WANTED: gettext_lazy(
        "Your preferences name the categories %(wanted)s; this was %(given)s."
    ),
    Code.CATEGORY_NOT_WANTED: gettext_lazy(
        "Your preferences name only the categories %(wanted)s; this was %(given)s."
    ),
    Code.RULE_READ: gettext_lazy("Your rule “%(name)s” marks it read."),
    Code.RULE_SILENCE: gettext_lazy("Your rule “%(name)s” keeps it from you."),
    Code.RULE_RAISE: gettext_lazy("Your rule “%(name)s” raises its priority."),
    Code.RULE_LOWER: gettext_lazy("Your rule “%(name)s” lowers its priority."),
    Code.JOINED: gettext_lazy(
        "“%(name)s” published the same link, %(at)s: that widened who hears of it, so it came to "
        "you."
    ),
    Code.TOLD_BEFORE: gettext_lazy(
        "“%(name)s” had published the same link before, and you were told of it then, %(at)s. "
        "Nobody is told twice."
    ),
    Code.DELETED: gettext_lazy("You deleted it from your inbox."),
    Code.INBOX_ONLY: gettext_lazy("It was meant for the inbox alone."),
    Code.NO_CHANNEL: gettext_lazy("Besides the inbox you have no channel that is verified and on."),
}

_REMEDIES: dict[Code, tuple[Text, str]] = {
    Code.FIRST_CRAWL: (gettext_lazy("What it has published since then is told."), ""),
    Code.ANNOUNCED: (gettext_lazy("Look again in a few seconds."), ""),
    Code.BEING_TOLD: (gettext_lazy("Look again in a few seconds."), ""),
    Code.SCHEDULED: (gettext_lazy("It comes by itself."), ""),
    Code.FOLLOWED: (gettext_lazy("Change what you follow"), SUBSCRIPTIONS),
    Code.PAUSED: (gettext_lazy("Take the subscription up again"), SUBSCRIPTIONS),
    Code.MUTED: (gettext_lazy("End the muting"), SUBSCRIPTIONS),
    Code.MIN_PRIORITY: (gettext_lazy("Lower the subscription's priority"), SUBSCRIPTIONS),
    Code.FOLLOWED_LATER: (gettext_lazy("What comes next is told."), ""),
    Code.NOTHING_MATCHES: (gettext_lazy("Follow what brings it"), "/topics"),
    Code.UNSUBSCRIBED: (gettext_lazy("Switch notifications on"), PREFERENCES),
    Code.PRIORITY_NOT_WANTED: (gettext_lazy("Let this priority through"), PREFERENCES),
    Code.CATEGORY_NOT_WANTED: (gettext_lazy("Let this category through"), PREFERENCES),
    **dict.fromkeys(
        (Code.RULE_READ, Code.RULE_SILENCE, Code.RULE_RAISE, Code.RULE_LOWER),
        (gettext_lazy("Change the rule"), SUBSCRIPTIONS),
    ),
    Code.NO_CHANNEL: (gettext_lazy("Add a channel"), CHANNELS),
}


def answer(explanation: Explanation) -> str:
    """Answer in one line."""
    if explanation.answer is Answer.TOLD:
        return _("You were told.")
    return _("Not yet.") if explanation.answer is Answer.NOT_YET else _("You were not told.")


def of_today() -> str:
    """Say how far an explanation knows what was set at the time."""
    return _(
        "Subscriptions and preferences do not keep what they were: they are judged as they are "
        "today."
    )


def finding(found: Finding, *, is_discreet: bool = False) -> Said:
    """Say a finding; discreetly, without the names of what somebody follows or looks for."""
    remedy, path = _REMEDIES.get(found.code, ("", ""))
    if found.code is Code.NOTHING_MATCHES:
        path = found.path or path
    return Said(_sentence(found, is_discreet=is_discreet), str(remedy), path)


def when(at: datetime) -> str:
    """Write a moment as the clock of whom it is for shows it."""
    return date_format(localtime(at), "j E Y, H:i")


def _sentence(found: Finding, *, is_discreet: bool) -> str:
    if found.code is Code.BURST:
        return _burst(found)
    if found.code in (Code.ADDRESSED, Code.ADDRESSED_TO_ROLE):
        return _addressed(found)
    if found.code is Code.FOLLOWED and is_discreet:
        return _("A subscription matches.")
    if found.code is Code.FOLLOWED and found.wish:
        names = {"name": found.wish.name, "words": found.wish.words}
        return str(_FOLLOWED[found.wish.kind]) % names
    if found.code is Code.CHANGED_SINCE:
        return _changed(found)
    return str(_SENTENCES[found.code]) % _values(found, is_discreet=is_discreet)


def _values(found: Finding, *, is_discreet: bool) -> dict[str, str]:
    private = found.wish or found.rule
    name = private.name if private else found.name
    least = found.wish.min_priority if found.wish else ""
    return {
        "name": f"#{private.id}" if private and is_discreet else name,
        "at": when(found.at) if found.at else "",
        "least": str(PRIORITIES.get(least, least)),
        "given": str(PRIORITIES.get(found.given, found.given)),
        "wanted": ", ".join(str(PRIORITIES.get(name, name)) for name in found.wanted),
    }


def _burst(found: Finding) -> str:
    text = ngettext(
        "“%(name)s” published %(count)s article at once: it is told in one notification.",
        "“%(name)s” published %(count)s articles at once: they are told in one notification.",
        found.count,
    )
    return text % {"name": found.name, "count": found.count}


def _addressed(found: Finding) -> str:
    if found.code is Code.ADDRESSED_TO_ROLE:
        return _("It was addressed to everybody with your role.")
    if found.name:
        return _("“%(name)s” addressed it to you.") % {"name": found.name}
    return _("It was addressed to you.")


def _changed(found: Finding) -> str:
    if found.effect is Effect.NOTES:
        return _("By what is set today it would not come: that has changed since.")
    return _("By what is set today it would have come: that has changed since.")
