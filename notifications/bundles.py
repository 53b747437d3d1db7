"""Several notifications in one parcel: digests, what was over a limit, many of one source.

Which deliveries are in it stands in their rows before it is sent. So a delivery is in one parcel
at most, and a parcel that is sent again is the same one.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from newsnotify.lib.deadlocks import repeated
from notifications.bursts import TOGETHER, fresh
from notifications.claims import LEASE, NEEDED
from notifications.models import Channel, Delivery
from notifications.transports.base import Size
from subscriptions.timing import Reason

MOST = 200  # in a parcel

_NAMES = {Reason.DIGEST: Size.DIGEST, Reason.LIMIT: Size.BUNDLE}


def is_shared(row: Delivery) -> bool:
    """Tell whether a leased delivery goes together with others."""
    return bool(row.parcel) or (row.state == Delivery.State.HELD and row.reason in TOGETHER)


def gather(row: Delivery, now: datetime) -> list[Delivery]:
    """Lease all that go in one parcel with a leased delivery, and write down that they do.

    Empty when somebody else gathered it meanwhile.
    """
    return repeated(lambda: _gather(row, now))


def gather_beside(
    row: Delivery, due: Collection[int], now: datetime, may_go: Callable[[Delivery], bool]
) -> list[Delivery]:
    """Lease what of `due` may go with a leased delivery, one of them, and write down that it does.

    Alone it is as it was. Empty when somebody else gathered it meanwhile.
    """
    return repeated(lambda: _gather_beside(row, due, now, may_go))


def size_of(rows: Sequence[Delivery]) -> Size:
    if rows[0].parcel.startswith(Size.DIGEST):
        return Size.DIGEST
    return Size.BUNDLE if len(rows) > 1 else Size.ONE


@transaction.atomic
def _gather(row: Delivery, now: datetime) -> list[Delivery]:
    # Whoever gathers for this channel at the same time waits, and finds them taken.
    channel = row.channel
    assert channel  # noqa: S101 - for the type checker: `looking` ends the others
    Channel.objects.select_for_update().filter(pk=channel.pk).first()
    mine = Delivery.objects.filter(pk=row.pk, lease=row.lease).first()
    if mine is None:
        return []
    alike = Delivery.objects.filter(channel=channel)
    if mine.parcel:
        alike = alike.filter(parcel=mine.parcel, state__in=Delivery.OPEN)
    else:
        is_ripe = Q(due_at__lte=now) | ~Q(lease="")
        alike = alike.filter(is_ripe, state=mine.state, reason=mine.reason, parcel="")
    others = alike.exclude(pk=row.pk).order_by("pk").values_list("pk", flat=True)[: MOST - 1]
    pks = sorted([row.pk, *others])
    name = mine.parcel or f"{_NAMES[Reason(mine.reason)]}_{pks[0]}"
    members = Delivery.objects.filter(pk__in=pks)
    members.update(lease=row.lease, parcel=name, due_at=now + LEASE)
    found = list(members.select_related(*NEEDED).order_by("pk"))
    for each in found:
        each.lost = max(each.lost, row.lost)
    return found


@transaction.atomic
def _gather_beside(
    row: Delivery, due: Collection[int], now: datetime, may_go: Callable[[Delivery], bool]
) -> list[Delivery]:
    # Locked one by one, so what somebody else is about to send is either his or ours.
    ours = fresh(now).filter(pk__in=due).order_by("pk").select_for_update()
    leases = dict(ours.values_list("pk", "lease"))
    if leases.pop(row.pk, "") != row.lease:
        return []
    pks = [row.pk, *leases][:MOST]
    found = Delivery.objects.filter(pk__in=pks).select_related(*NEEDED).order_by("pk")
    load = [each for each in found if each.pk == row.pk or may_go(each)]
    if len(load) > 1:
        name = f"{Size.BUNDLE}_{load[0].pk}"
        members = Delivery.objects.filter(pk__in=[each.pk for each in load])
        members.update(lease=row.lease, parcel=name, due_at=now + LEASE)
        for each in load:
            each.lease, each.parcel = row.lease, name
    return load
