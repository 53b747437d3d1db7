"""How a notification stands: the best of its deliveries, kept in its own row.

So lists and frames show it without asking for deliveries.
"""

from collections import defaultdict
from collections.abc import Iterable

from notifications.models import Delivery, Notification

State = Delivery.State

# Best first (delivered > sent > pending > held > failed > suppressed).
STANDINGS = {
    "delivered": (State.DELIVERED,),
    "sent": (State.SENT,),
    "pending": (State.PENDING, State.SENDING, State.RETRY),
    "held": (State.HELD,),
    "failed": (State.DEAD, State.BOUNCED),
    "suppressed": (State.SUPPRESSED, State.EXPIRED, State.CANCELLED),
}
_OF_STATE = {state: name for name, states in STANDINGS.items() for state in states}
_RANKS = list(STANDINGS)


def lock(pks: Iterable[int]) -> None:
    """Lock notifications: of two who record at once the second sees what the first wrote."""
    rows = Notification.objects.filter(pk__in=set(pks)).order_by("pk")
    list(rows.select_for_update().values_list("pk"))


def note(pks: Iterable[int]) -> None:
    """Keep the standing of these notifications, which are locked."""
    best: dict[int, str] = {}
    states = Delivery.objects.filter(notification_id__in=set(pks))
    for pk, state in states.values_list("notification_id", "state"):
        standing = _OF_STATE[State(state)]
        best[pk] = min(best.get(pk, standing), standing, key=_RANKS.index)
    alike: defaultdict[str, list[int]] = defaultdict(list)
    for pk, standing in best.items():
        alike[standing].append(pk)
    for standing, several in alike.items():
        rows = Notification.objects.filter(pk__in=several).exclude(outcome=standing)
        rows.update(outcome=standing)
