"""What was told can change: an event is edited, recalled, or expires.

The event's row changes at once, and a new reader sees it as it is now. Those who were told
before have it in their inboxes under a revision of then; `amend_due` raises it, in bounded
transactions, so that every device comes to know.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from newsnotify.lib import doorbell
from notifications.models import Amendment, Event, Inbox, Lane, Notification, Place
from notifications.outcomes import rows_of
from notifications.selectors import newest_row

log = logging.getLogger(__name__)

CHUNK = 2_000  # notifications a transaction
LEASE = timedelta(seconds=20)  # renewed by every chunk
BATCH = 200


@transaction.atomic
def edit_event(*, event: Event, changes: dict[str, object]) -> Event:
    """Change what an event says, for those to be told and those who were."""
    for name, value in changes.items():
        setattr(event, name, value)
    event.save(update_fields=list(changes))
    _amend(event)
    return event


@transaction.atomic
def withdraw_event(*, event: Event, now: datetime) -> None:
    """Tell nobody any more, and take it out of the inboxes; again is fine."""
    Lane.objects.filter(event=event).delete()  # waits for who is telling it
    fields = {"withdrawn_at": now, "fanned_out_at": now, "rows_until": newest_row()}
    if Event.objects.filter(pk=event.pk, withdrawn_at=None).update(**fields):
        pending = Notification.objects.filter(user__addressed__event=event, event=event)
        pending.filter(place=Place.PENDING).delete()
        _amend(event)


def withdraw_expired(now: datetime) -> int:
    """Withdraw the events whose time is over. Returns how many."""
    over = Event.objects.filter(withdrawn_at=None, expires_at__lte=now).order_by("expires_at")
    events = list(over[:BATCH])
    for event in events:
        withdraw_event(event=event, now=now)
    return len(events)


def amend_due() -> int:
    """See to every notification of what was changed. Returns how many were."""
    done = 0
    while amendment := _claim():
        while (count := _amend_chunk(amendment)) is not None:
            done += count
    return done


def _amend(event: Event) -> None:
    # From the start again, also when a former change is still on its way.
    Amendment.objects.update_or_create(event=event, defaults={"cursor": 0, "leased_until": None})
    doorbell.ring("notifications.fan_out")


def _claim() -> Amendment | None:
    moment = timezone.now()
    free = Amendment.objects.filter(Q(leased_until=None) | Q(leased_until__lt=moment))
    for amendment in free.order_by("id")[:20]:
        if free.filter(pk=amendment.pk).update(leased_until=moment + LEASE):
            return amendment
    return None


@transaction.atomic
def _amend_chunk(amendment: Amendment) -> int | None:
    """See to the next notifications. Returns how many, or None when it is done or not ours."""
    event = Event.objects.get(pk=amendment.event_id)
    rest = rows_of(event).filter(pk__gt=amendment.cursor)
    rest = rest.exclude(place=Place.DELETED).order_by("pk")
    users = dict(rest[:CHUNK].values_list("pk", "user_id"))
    last = max(users, default=0)
    held = Amendment.objects.filter(pk=amendment.pk, cursor=amendment.cursor)
    if not users:
        held.delete()
        return None
    if not held.update(cursor=last, leased_until=timezone.now() + LEASE):
        return None  # changed again: whoever claims it next begins anew
    _raise(
        rest.filter(pk__lte=last),
        sorted(users.values()),
        is_withdrawn=event.withdrawn_at is not None,
    )
    amendment.cursor = last
    doorbell.ring_inboxes(min(users.values()), max(users.values()))
    return len(users)


def _raise(rows: QuerySet[Notification], user_ids: Collection[int], *, is_withdrawn: bool) -> None:
    """Raise inboxes and notifications by a revision, and empty the place of what is withdrawn."""
    inboxes = Inbox.objects.filter(user_id__in=user_ids)
    list(inboxes.order_by("user_id").select_for_update().values_list("pk"))
    if is_withdrawn:
        unread = rows.filter(is_unread=True, place=Place.INBOX)
        counted = list(unread.values_list("user_id", flat=True))
        Inbox.objects.filter(user_id__in=counted).update(unread=F("unread") - 1)
    inboxes.update(revision=F("revision") + 1)
    revision = Subquery(Inbox.objects.filter(user=OuterRef("user")).values("revision")[:1])
    gone = {"place": Place.DELETED, "is_unread": False} if is_withdrawn else {}
    rows.order_by().update(revision=revision, **gone)
