"""The ledger: what was accepted has been told, and what was told has been delivered or says why.

For every event that was told: as many notifications as it counted. For every notification: as
many deliveries as its row says there are, each open with a time, or ended. What is missing is
the difference, which is 0.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from newsnotify.lib import counts
from notifications.models import Delivery, Event
from notifications.outcomes import rows_of

log = logging.getLogger(__name__)

SPAN = timedelta(days=1)
OVERDUE = timedelta(minutes=15)  # longer than any lease, and than a worker that was restarted


@dataclass(frozen=True, slots=True)
class Balance:
    """What should be there and is not, of the events of a span; all of it is 0."""

    events: int
    notifications: int
    deliveries: int
    untold: int  # notifications that were counted and are not there
    unmade: int  # notifications that say they have deliveries, and have none
    stuck: int  # deliveries that are open and nobody looks at

    @property
    def difference(self) -> int:
        return self.untold + self.unmade + self.stuck


def check(now: datetime) -> Balance:
    """Check the last day, and say what is missing: in the log, and as a metric."""
    found = balance(now)
    counts.LEDGER.set(found.difference)
    if found.difference:
        log.error("ledger does not balance", extra=asdict(found))
    return found


def balance(now: datetime, span: timedelta = SPAN) -> Balance:
    """Check every event that was told since `now - span`."""
    events = list(
        Event.objects.filter(fanned_out_at__gt=now - span, withdrawn_at=None, told_as=None)
    )
    told = untold = unmade = 0
    for event in events:
        rows = rows_of(event)
        count = rows.count()
        told += count
        untold += abs(event.told_count - count)
        made = Delivery.objects.filter(notification=OuterRef("pk"))
        unmade += rows.exclude(outcome="").exclude(Exists(made)).count()
    deliveries = Delivery.objects.filter(created_at__gt=now - span)
    return Balance(
        events=len(events),
        notifications=told,
        deliveries=deliveries.count(),
        untold=untold,
        unmade=unmade,
        stuck=_stuck(now),
    )


def _stuck(now: datetime) -> int:
    """Count deliveries that are open without a time, or whose time is long over."""
    is_open = Q(state__in=Delivery.OPEN)
    undue = Delivery.objects.filter(is_open, due_at=None).exclude(state=Delivery.State.HELD)
    overdue = Delivery.objects.filter(due_at__lt=now - OVERDUE)
    ended = Delivery.objects.filter(due_at__isnull=False).exclude(is_open)
    return undue.count() + overdue.count() + ended.count()
