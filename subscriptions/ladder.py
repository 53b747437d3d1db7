"""The ladder: which channel tells a person how soon, written in one line.

    in-app now, push after 20 s, e-mail after 10 min, SMS after 30 min if high

"if high" means high or more urgent. Kinds of channels that a ladder does not name are not used;
who has no ladder is told on all of them at once. The inbox is always first and at once, so it is
written but not stored. Nothing here knows Django.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsnotify.lib.sentences import gettext_noop

PRIORITIES = ("low", "medium", "high", "critical")
NAMES = {
    "in_app": "in-app", "push": "push", "email": "e-mail", "sms": "SMS", "webhook": "webhook",
    "chat": "chat",
}  # fmt: skip
CHANNELS = tuple(NAMES)[1:]  # what a step may name: the inbox is none
SPELLINGS = {"in app": "in_app", "inbox": "in_app", "mail": "email"}
SPELLINGS |= {each.lower(): kind for kind, name in NAMES.items() for each in (kind, name)}
PUSHES = ("web_push", "mock")  # kinds of channels that are `push` here
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
UNITS["s"] = timedelta(seconds=1)
LONGEST = timedelta(days=7)
MOST_STEPS = 20

NO_CHANNEL = gettext_noop("There is no channel '%(name)s', only %(known)s.")
_NO_PRIORITY = gettext_noop("There is no priority '%(name)s', only %(known)s.")
_NO_STEP = gettext_noop("'%(text)s' is no step; write for example 'e-mail after 10 min if high'.")
_NO_TIME = gettext_noop("'%(text)s' is no time to wait; write 20 s, 10 min, 2 h or 1 d.")
_INBOX = gettext_noop("The inbox has everything at once: write 'in-app now'.")
_TOO_LATE = gettext_noop("A step comes after %(most)s at most, but %(name)s later.")
_TWICE = gettext_noop("There are two steps for %(name)s with the same priority; keep one.")
_TOO_MANY = gettext_noop("A ladder has at most %(most)s steps.")

_DURATION = re.compile(
    r"([0-9]{1,6}) ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)", re.IGNORECASE
)
_STEP = re.compile(
    r"(?P<channel>.+?) (?:now|after (?P<after>.+?))"
    r"(?: if (?P<priority>\S+)(?: or (?:higher|above))?)?",
    re.IGNORECASE,
)


class Skip(StrEnum):
    """Why a channel is not used."""

    NOT_IN_LADDER = "not_in_ladder"
    LESS_URGENT = "less_urgent"


@dataclass(frozen=True)
class Step:
    """One channel, how long after the inbox, and how urgent news must be for it."""

    channel: str
    after: timedelta
    min_priority: str = "low"

    def takes(self, priority: str) -> bool:
        return PRIORITIES.index(priority) >= PRIORITIES.index(self.min_priority)


Ladder = Sequence[Step]


def due(ladder: Ladder, *, channel: str, priority: str, ready_at: datetime) -> datetime | Skip:
    """Tell when a channel's step is due, or why it has none.

    `channel` is a kind of channel or what a step names; `ready_at` is when the inbox had it.
    Of several steps of one channel, the soonest counts. Without a ladder all are due at once.
    """
    if not ladder:
        return ready_at
    name = "push" if channel in PUSHES else channel
    steps = [step for step in ladder if step.channel == name]
    waits = [step.after for step in steps if step.takes(priority)]
    if waits:
        return ready_at + min(waits)
    return Skip.LESS_URGENT if steps else Skip.NOT_IN_LADDER


def read(shown: Iterable[Mapping[str, str]]) -> list[Step]:
    """Read the preference's shape: `{channel, after, min_priority?}` each.

    Raises ValueError with a sentence that names what is known.
    """
    return checked(
        Step(
            channel=_channel(step["channel"]),
            after=duration(step["after"]),
            min_priority=_priority(step.get("min_priority", "low")),
        )
        for step in shown
    )


def parse(line: str) -> list[Step]:
    """Read the one line; raises ValueError as `read` does. An empty line is no ladder."""
    parts = [" ".join(part.split()) for part in re.split(r"[,;\n]", line)]
    return checked(_parsed(part) for part in parts if part)


def checked(steps: Iterable[Step]) -> list[Step]:
    """Put steps in order, the inbox left out; raises ValueError where they make no sense."""
    found: list[Step] = []
    for step in steps:
        name = NAMES[step.channel]
        if step.channel == "in_app":
            if step.after or step.min_priority != "low":
                raise ValueError(_INBOX)
            continue
        if step.after > LONGEST:
            raise ValueError(_TOO_LATE % {"most": written(LONGEST), "name": name})
        if any((step.channel, step.min_priority) == (s.channel, s.min_priority) for s in found):
            raise ValueError(_TWICE % {"name": name})
        found.append(step)
    if len(found) > MOST_STEPS:
        raise ValueError(_TOO_MANY % {"most": MOST_STEPS})
    return sorted(found, key=lambda step: step.after)


def shown(ladder: Ladder) -> list[dict[str, str]]:
    """Write the preference's shape."""
    return [
        {"channel": step.channel, "after": written(step.after, "")}
        | ({"min_priority": step.min_priority} if step.min_priority != "low" else {})
        for step in ladder
    ]


def line(ladder: Ladder) -> str:
    """Write the one line; nothing without a ladder."""
    return ", ".join([f"{NAMES['in_app']} now", *map(_line_of, ladder)]) if ladder else ""


def explained(ladder: Ladder, gettext: Callable[[str], str] = str) -> list[str]:
    """Say the steps to people, the inbox first; `gettext` is what xgettext knows them by."""
    first = Step("in_app", timedelta())
    return [_explained(step, gettext) for step in (first, *ladder)] if ladder else []


def name(channel: str, gettext: Callable[[str], str] = str) -> str:
    """Name a kind of channel to people."""
    names = {
        "in_app": gettext("in-app"),
        "push": gettext("push"),
        "email": gettext("e-mail"),
        "sms": gettext("SMS"),
        "webhook": gettext("webhook"),
        "chat": gettext("chat"),
    }
    return names[channel]


def duration(text: str) -> timedelta:
    """Read `20s`, `10 min`, `2 hours` or `now`."""
    text = text.strip().lower()
    match = _DURATION.fullmatch(text)
    if match is None:
        if text == "now":
            return timedelta()
        raise ValueError(_NO_TIME % {"text": text[:50]})
    return int(match[1]) * UNITS[match[2][0]]


def written(span: timedelta, space: str = " ") -> str:
    """Write a duration in the largest unit that fits: `10 min`, or `10m` without a space."""
    unit = next(unit for unit, length in UNITS.items() if span % length == timedelta())
    if not span:
        unit = "s"
    name = "min" if unit == "m" and space else unit
    return f"{span // UNITS[unit]}{space}{name}"


def _explained(step: Step, gettext: Callable[[str], str]) -> str:
    values = {"channel": name(step.channel, gettext), "span": _span(step.after, gettext)}
    said = gettext("%(channel)s after %(span)s") if step.after else gettext("%(channel)s now")
    said %= values
    conditions = {
        "medium": gettext("%(step)s if medium"),
        "high": gettext("%(step)s if high"),
        "critical": gettext("%(step)s if critical"),
    }
    return conditions.get(step.min_priority, "%(step)s") % {"step": said}


def _span(span: timedelta, gettext: Callable[[str], str]) -> str:
    count, _, unit = written(span).partition(" ")
    spans = {
        "s": gettext("%(n)s s"),
        "min": gettext("%(n)s min"),
        "h": gettext("%(n)s h"),
        "d": gettext("%(n)s d"),
    }
    return spans[unit] % {"n": count}


def _line_of(step: Step) -> str:
    when = f"after {written(step.after)}" if step.after else "now"
    condition = f" if {step.min_priority}" if step.min_priority != "low" else ""
    return f"{NAMES[step.channel]} {when}{condition}"


def _parsed(part: str) -> Step:
    match = _STEP.fullmatch(part)
    if match is None:
        raise ValueError(_NO_STEP % {"text": part[:100]})
    return Step(
        channel=_channel(match["channel"]),
        after=duration(match["after"] or "now"),
        min_priority=_priority(match["priority"] or "low"),
    )


def _channel(name: str) -> str:
    kind = SPELLINGS.get(name.lower())
    if kind is None:
        known = ", ".join(NAMES.values())
        raise ValueError(NO_CHANNEL % {"name": name[:50], "known": known})
    return kind


def _priority(name: str) -> str:
    if name.lower() not in PRIORITIES:
        known = ", ".join(PRIORITIES)
        raise ValueError(_NO_PRIORITY % {"name": name[:50], "known": known})
    return name.lower()
