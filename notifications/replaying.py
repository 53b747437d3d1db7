"""Send once more what had ended: dead letters, and whatever else somebody asks for again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from newsnotify.lib import doorbell
from newsnotify.lib.deadlocks import repeated
from notifications import standing
from notifications.models import Attempt, Delivery
from notifications.reach import DELIVER

State = Delivery.State

BATCH = 500
DEAD = Q(state__in=(State.DEAD, State.BOUNCED)) | Q(state=State.HELD, due_at=None)
# What has arrived is not sent again, and what never had a channel cannot be.
_REPLAYABLE = (State.DEAD, State.BOUNCED, State.SUPPRESSED, State.EXPIRED, State.CANCELLED)


def dead_letters() -> QuerySet[Delivery]:
    """Find the deliveries that were given up, and those that wait for somebody to decide."""
    return Delivery.objects.filter(DEAD)


def replay(rows: QuerySet[Delivery], *, actor: str, now: datetime) -> int:
    """Begin deliveries anew that had ended without arriving. Returns how many.

    Under the same ids: whoever got one after all can tell. They are looked at again, as always:
    what is over or not wanted by now is not sent.
    """
    ended = Q(state__in=_REPLAYABLE) | Q(state=State.HELD, due_at=None)
    pks = list(rows.filter(ended, channel__isnull=False).values_list("pk", flat=True))
    count = 0
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        count += repeated(lambda batch=batch: _begin(batch, ended, actor, now))  # type: ignore[misc]
    return count


@transaction.atomic
def _begin(pks: Iterable[int], ended: Q, actor: str, now: datetime) -> int:
    rows = Delivery.objects.filter(ended, pk__in=pks).order_by("pk").select_for_update()
    found = dict(rows.values_list("pk", "notification_id"))
    standing.lock(found.values())
    fresh = {"state": State.PENDING, "reason": "", "due_at": now, "ended_at": None}
    Delivery.objects.filter(pk__in=found).update(**fresh, lease="", attempts=0, lost=0)
    Attempt.objects.bulk_create(
        Attempt(delivery_id=pk, at=now, result="replayed", actor=actor) for pk in found
    )
    standing.note(found.values())
    doorbell.ring(DELIVER)
    return len(found)
