"""Verbs over inboxes. Each raises the inbox's revision with the rows it changes."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from newsnotify.lib import doorbell
from notifications import states
from notifications.models import Inbox, Notification, Place

SEEN = (Place.INBOX, Place.ARCHIVED)


@transaction.atomic
def mark_read(
    *, user: User, now: datetime, ids: Collection[int] | None = None, read: bool = True
) -> int:
    """Mark notifications read, or unread; without `ids` all. Returns how many changed."""
    rows = Notification.objects.filter(user=user, is_unread=read, place__in=SEEN)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    counted = Q(place=Place.INBOX)
    step = -1 if read else 1
    return _change(user, rows, counted, step, is_unread=not read, read_at=now if read else None)


@transaction.atomic
def archive(*, user: User, ids: Collection[int], archived: bool = True) -> int:
    """Put notifications away, or back. Returns how many changed."""
    former, place = (Place.INBOX, Place.ARCHIVED) if archived else (Place.ARCHIVED, Place.INBOX)
    rows = Notification.objects.filter(user=user, pk__in=ids, place=former)
    return _change(user, rows, Q(is_unread=True), -1 if archived else 1, place=place)


@transaction.atomic
def delete(*, user: User, ids: Collection[int]) -> int:
    """Remove notifications from a user's sight, on every device. Returns how many went."""
    rows = Notification.objects.filter(user=user, pk__in=ids, place__in=SEEN)
    counted = Q(is_unread=True, place=Place.INBOX)
    return _change(user, rows, counted, -1, place=Place.DELETED, is_unread=False)


@transaction.atomic
def prioritise(*, user: User, ids: Collection[int], rank: int | None) -> int:
    """Give notifications a priority of their own, or their events' back. Returns how many."""
    rows = Notification.objects.filter(user=user, pk__in=ids, place__in=SEEN)
    return _change(user, rows, Q(pk__in=()), 0, own_priority=rank)


@transaction.atomic
def change(
    *,
    user: User,
    pk: int,
    now: datetime,
    read: bool | None = None,
    archived: bool | None = None,
) -> None:
    """Change one notification as its owner asked; what is not named stays."""
    if read is not None:
        mark_read(user=user, now=now, ids=[pk], read=read)
    if archived is not None:
        archive(user=user, ids=[pk], archived=archived)


@transaction.atomic
def set_status(*, notification: Notification, status: str, now: datetime) -> None:
    """Change the status into one that `states.legal` allows."""
    user, ids = notification.user, [notification.pk]
    if status == states.ARCHIVED:
        archive(user=user, ids=ids)
        return
    if status in (states.DELIVERED, states.FAILED):
        Notification.objects.filter(pk=notification.pk).update(verdict=status)
    if notification.place != Place.PENDING and status != states.FAILED:
        archive(user=user, ids=ids, archived=False)
        mark_read(user=user, ids=ids, now=now, read=status == states.READ)


def _change(
    user: User, rows: QuerySet[Notification], counted: Q, step: int, **changes: object
) -> int:
    """Change rows, and the unread count by `step` for each that is `counted`.

    Unread means what the inbox shows as unread: what is put away does not count.
    """
    inbox = Inbox.objects.select_for_update().filter(user=user).first()
    if inbox is None:
        return 0
    inbox.unread += step * rows.filter(counted).count()
    inbox.revision += 1
    changed = rows.update(**changes, revision=inbox.revision)
    if changed:
        inbox.save(update_fields=["revision", "unread"])
        doorbell.ring_inboxes(user.pk, user.pk)
    return changed
