"""Verbs over inboxes. Each raises the inbox's revision with the rows it changes."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from newsnotify.lib import doorbell
from notifications.models import Inbox, Notification


@transaction.atomic
def mark_read(
    *, user: User, now: datetime, ids: Collection[int] | None = None, read: bool = True
) -> int:
    """Mark notifications read, or unread; without `ids` all. Returns how many changed."""
    rows = Notification.objects.filter(user=user, is_unread=read)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    counted = Q(is_archived=False)
    step = -1 if read else 1
    return _change(user, rows, counted, step, is_unread=not read, read_at=now if read else None)


@transaction.atomic
def archive(*, user: User, ids: Collection[int], archived: bool = True) -> int:
    """Put notifications away, or back. Returns how many changed."""
    rows = Notification.objects.filter(user=user, pk__in=ids, is_archived=not archived)
    counted = Q(is_unread=True)
    return _change(user, rows, counted, -1 if archived else 1, is_archived=archived)


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
