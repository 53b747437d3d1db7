"""A rule applied to what a person was told before, and taken back.

Looking is done before anything is locked. Then everything happens under the lock of the inbox,
which every change of it takes, so what is noted is what this changed and nothing else.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from notifications import services
from notifications.matches import news_of
from notifications.models import Event, Inbox, Notification, Place, RuleApplication
from notifications.rulings import SHIFTS
from subscriptions.models import Rule, RuleAction
from subscriptions.priorities import Priority
from subscriptions.query_index import Wanted

MOST = 10_000  # notifications, the newest, that are looked at
BATCH = 1_000
KEEP = 20  # applications of a rule that can be taken back

Ranks = dict[int, int | None]  # notifications with their own priorities


def apply_rule(*, rule: Rule, now: datetime) -> RuleApplication:
    """Do to stored notifications what a rule does to new ones; silence puts them away.

    Again is fine: what is as the rule wants it is left alone.
    """
    rows = _concerned(rule).order_by("-created_revision")
    ids = list(rows.values_list("pk", flat=True)[: MOST + 1])
    looked_at = ids[:MOST]
    found = list(_matching(rule, looked_at))
    with transaction.atomic():
        Inbox.objects.select_for_update().filter(user=rule.user_id).first()
        changed = _carry_out(rule, found, now)
        application = RuleApplication(
            rule=rule,
            action=rule.action,
            applied_at=now,
            changes=[[pk, rank] for pk, rank in changed.items()],
            looked_at=len(looked_at),
            is_complete=len(ids) <= MOST,
        )
        if changed:  # else there is nothing to take back
            application.save()
            _forget_old(rule)
    return application


def undo(*, rule: Rule, now: datetime) -> int:
    """Take the last application back, where nobody has changed it since. Returns how many."""
    with transaction.atomic():
        Inbox.objects.select_for_update().filter(user=rule.user_id).first()
        last = rule.applications.filter(undone_at=None).order_by("-pk").first()
        if last is None:
            return 0
        RuleApplication.objects.filter(pk=last.pk).update(undone_at=now)
        return _put_back(rule, last, dict(last.changes), now)


def _concerned(rule: Rule) -> QuerySet[Notification]:
    """List what a rule could change, the addressed among it, which it leaves alone."""
    rows = Notification.objects.filter(user=rule.user_id)
    if rule.action == RuleAction.READ:
        return rows.filter(is_unread=True, place__in=services.SEEN)
    if rule.action == RuleAction.SILENCE:
        return rows.filter(place=Place.INBOX)
    return rows.filter(place__in=services.SEEN)


def _matching(rule: Rule, ids: list[int]) -> Iterator[tuple[int, Event]]:
    query = rule.query
    wanted = Wanted(query.program, query.topic_id, query.source_id)
    for start in range(0, len(ids), BATCH):
        rows = Notification.objects.filter(pk__in=ids[start : start + BATCH])
        events = dict(rows.values_list("pk", "event_id"))
        told = Event.objects.select_related("topic", "source").in_bulk(set(events.values()))
        for pk, event_id in events.items():
            event = told.get(event_id)
            if event and not event.is_addressed and wanted.is_met_by(news_of(event)):
                yield pk, event


def _carry_out(rule: Rule, found: list[tuple[int, Event]], now: datetime) -> Ranks:
    """Change what is still as it was when it was looked at. Returns what was changed."""
    if step := SHIFTS.get(RuleAction(rule.action)):
        return _shift(rule, found, step)
    rows = _concerned(rule).filter(pk__in=[pk for pk, _ in found])
    former: Ranks = dict(rows.values_list("pk", "own_priority"))
    if rule.action == RuleAction.READ:
        services.mark_read(user=rule.user, now=now, ids=list(former))
    else:
        services.archive(user=rule.user, ids=list(former))
    return former


def _shift(rule: Rule, found: list[tuple[int, Event]], step: int) -> Ranks:
    changed: Ranks = {}
    for priority in Priority:
        rank = priority.shifted(step).rank
        ids = [pk for pk, event in found if event.priority == priority]
        rows = _concerned(rule).filter(pk__in=ids).exclude(own_priority=rank)
        if rank == priority.rank:  # there is none beyond
            rows = rows.exclude(own_priority=None)
        former: Ranks = dict(rows.values_list("pk", "own_priority"))
        services.prioritise(user=rule.user, ids=list(former), rank=rank)
        changed |= former
    return changed


def _put_back(rule: Rule, last: RuleApplication, changes: Ranks, now: datetime) -> int:
    rows = Notification.objects.filter(user=rule.user_id, pk__in=changes)
    if last.action == RuleAction.READ:
        untouched = rows.filter(is_unread=False, read_at=last.applied_at)
        ids = list(untouched.values_list("pk", flat=True))
        return services.mark_read(user=rule.user, now=now, ids=ids, read=False)
    if last.action == RuleAction.SILENCE:
        return services.archive(user=rule.user, ids=list(changes), archived=False)
    return _put_priorities_back(rule, last, rows, changes)


def _put_priorities_back(
    rule: Rule, last: RuleApplication, rows: QuerySet[Notification], changes: Ranks
) -> int:
    step = SHIFTS[RuleAction(last.action)]
    ours = Q()
    for priority in Priority:
        ours |= Q(event__priority=priority, own_priority=priority.shifted(step).rank)
    still = set(rows.filter(ours).values_list("pk", flat=True))
    return sum(
        services.prioritise(
            user=rule.user, ids=[pk for pk in still if changes[pk] == rank], rank=rank
        )
        for rank in set(changes.values())
    )


def _forget_old(rule: Rule) -> None:
    ids = list(rule.applications.order_by("-pk").values_list("pk", flat=True)[KEEP:])
    RuleApplication.objects.filter(pk__in=ids).delete()
