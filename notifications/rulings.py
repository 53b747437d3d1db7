"""What people's rules make of an event while it is told, for everybody whose rules match it.

Rules act on what comes by matching: what is addressed to somebody reaches him as it is.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from notifications.models import Event, EventMatch, Inbox, Notification
from subscriptions.models import Rule, RuleAction
from subscriptions.priorities import Priority

Rulings = frozenset[str]  # the actions that matching rules ask for, whoever's they are

SHIFTS = {RuleAction.RAISE: 1, RuleAction.LOWER: -1}
_MARKS = {RuleAction.READ, *SHIFTS}

_OF_CHUNK = """
    SELECT chunk.user_id, rule.action FROM fan_out_chunk chunk
    JOIN subscriptions_rule rule ON rule.user_id = chunk.user_id
    JOIN notifications_eventmatch matched ON matched.query_id = rule.query_id
    WHERE rule.is_paused = %s AND matched.event_id IN (%s, %s)
"""


class Group(NamedTuple):
    """Some users of an audience, and the priority that an event has for them."""

    priority: str
    who: Q  # over rows with a `user`


def rulings_of(event: Event) -> Rulings:
    """Tell what rules on an event's matched queries ask for; most events match none."""
    if event.is_addressed or not (event.match_count or event.told_as_id):
        return frozenset()
    rules = _matching(matched_by(event)).order_by().values_list("action", flat=True)
    return frozenset(rules.distinct())


def matched_by(event: Event) -> tuple[int, int]:
    """Name the events whose matches count: what widens another is the same news."""
    return event.pk, event.told_as_id or event.pk


def groups(priority: str, rulings: Rulings, events: Collection[int]) -> Iterator[Group]:
    """Part an audience by the priority that an event has for each, without who is not told."""

    def has(action: str) -> Q:
        if action not in rulings:
            return Q(pk__in=[])
        return Q(Exists(_matching(events).filter(action=action, user=OuterRef("user"))))

    told = ~has(RuleAction.SILENCE) if RuleAction.SILENCE in rulings else Q()
    steps = {step for action, step in SHIFTS.items() if action in rulings}
    if not steps:
        yield Group(priority, told)
        return
    raised, lowered = has(RuleAction.RAISE), has(RuleAction.LOWER)
    yield Group(priority, told & ((raised & lowered) | (~raised & ~lowered)))
    for step, who in ((1, raised & ~lowered), (-1, lowered & ~raised)):
        if step in steps:
            yield Group(Priority(priority).shifted(step), told & who)


def priority_by(actions: Collection[str], priority: str) -> str:
    """Tell the priority that an event has for somebody whose rules ask for these actions."""
    return Priority(priority).shifted(_step(actions)).value


def carry_out(event: Event, now: datetime, cursor: CursorWrapper) -> None:
    """Do to the notifications of a chunk, just inserted, what rules of their users say."""
    if not rulings_of(event) & _MARKS:
        return
    cursor.execute(_OF_CHUNK, [False, *matched_by(event)])
    asked: dict[int, set[str]] = {}
    for user_id, action in cursor.fetchall():
        asked.setdefault(user_id, set()).add(action)
    rows = Notification.objects.filter(event=event.told_as_id or event.pk)
    if readers := sorted(pk for pk, actions in asked.items() if RuleAction.READ in actions):
        rows.filter(user__in=readers).update(is_unread=False, read_at=now)
        Inbox.objects.filter(user__in=readers).update(unread=F("unread") - 1)
    for step in (1, -1):
        users = sorted(pk for pk, actions in asked.items() if _step(actions) == step)
        if users:
            rank = Priority(event.priority).shifted(step).rank
            rows.filter(user__in=users).update(own_priority=rank)


def _step(actions: Collection[str]) -> int:
    return sum(step for action, step in SHIFTS.items() if action in actions)


def _matching(events: Collection[int]) -> QuerySet[Rule]:
    matched: QuerySet[EventMatch, Any] = EventMatch.objects.filter(event__in=events)
    return Rule.objects.filter(is_paused=False, query__in=matched.values("query"))
