"""What is held is looked at again as soon as its reader wants to be told at other times."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from newsnotify.lib import doorbell
from newsnotify.lib.deadlocks import repeated
from notifications.models import Channel, Delivery
from notifications.reach import DELIVER
from subscriptions.timing import Reason

State = Delivery.State

BATCH = 500


def follow_hours(user: User) -> None:
    """Look again at what is held for a user, once his new preferences are committed.

    Not before: who looks sooner knows the former ones. Where this fails, it is looked at when
    its time comes, as it would have been.
    """
    transaction.on_commit(partial(_look_again, user.pk), robust=True)


def _look_again(user_id: int) -> None:
    look_again(user_id, timezone.now())


def look_again(user_id: int, now: datetime) -> int:
    """Make due what is held for a user, who wants it otherwise now. Returns how much it was.

    Not what is in a parcel already, nor what waits some minutes for others of its source. What
    somebody is looking at this moment is taken from him: he may know the former preferences.
    """
    is_held = Q(state=State.HELD, due_at__gt=now) & ~Q(reason=Reason.SOURCE_BURST)
    is_looked_at = Q(state__in=(State.PENDING, State.HELD)) & ~Q(lease="")
    channels = list(Channel.objects.filter(user=user_id).values_list("pk", flat=True))
    rows = Delivery.objects.filter(is_held | is_looked_at, ended_at=None, parcel="")
    pks = list(rows.filter(channel__in=channels).order_by("pk").values_list("pk", flat=True))
    count = 0
    for start in range(0, len(pks), BATCH):
        some = rows.filter(pk__in=pks[start : start + BATCH])
        count += repeated(partial(some.update, due_at=now, lease=""))
    if count:
        doorbell.ring(DELIVER)
    return count
