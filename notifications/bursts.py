"""Many articles of one source within minutes: the first goes at once, the others as one list.

Whoever was told of a source a short time ago is told of what it published since when that time
is over, and what is due at the same moment goes together. Only where people read it: machines
want each. All of it is asked for once for many deliveries, and not at all for webhooks.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.looking import Verdict
from notifications.models import Attempt, Delivery
from notifications.transports import registry
from subscriptions.models import Preferences
from subscriptions.timing import Reason

State = Delivery.State

SPAN = timedelta(minutes=10)
URGENT = ("high", "critical")  # goes at once, by itself
# What is held for these reasons goes as one message when its time has come.
TOGETHER = (Reason.DIGEST, Reason.LIMIT)
_WAITED = (*TOGETHER, Reason.SOURCE_BURST)  # long enough: else it might wait for ever
_WENT = (State.SENT, State.DELIVERED)

Place = tuple[int | None, int | None]
"""A channel, and a source that is told of there."""


def is_listed(row: Delivery) -> bool:
    """Tell whether a delivery may go in a list of its source's articles.

    Its user with his preferences, notification and event are loaded.
    """
    event = row.notification.event
    if event.article_id is None or event.source_id is None or row.channel_id is None:
        return False
    if row.attempts or row.parcel or row.notification.priority in URGENT:
        return False  # what was tried once keeps the id that it had
    transport = registry.TRANSPORTS.get(row.kind)
    preferences: Preferences | None = getattr(row.user, "preferences", None)
    is_apart = bool(preferences and preferences.delivery.get("one_by_one"))
    return transport is not None and transport.is_for_people and not is_apart


def fresh(now: datetime) -> QuerySet[Delivery]:
    """Find what may go with a list: what was never on its way, nor given its place in a parcel.

    It is due, or somebody looks at it, or it waits for others of its source.
    """
    is_free = Q(due_at__lte=now) | ~Q(lease="") | Q(reason=Reason.SOURCE_BURST)
    return Delivery.objects.filter(
        is_free, ended_at=None, state__in=(State.PENDING, State.HELD), attempts=0, parcel=""
    )


class Bursts:
    """What else there is of the sources that leased deliveries tell of."""

    def __init__(self) -> None:
        self._went: dict[Place, datetime] = {}
        self._due: defaultdict[Place, list[int]] = defaultdict(list)

    def look(self, rows: Collection[Delivery], now: datetime) -> None:
        """Ask what went, is on its way and is due where these lead to."""
        self._went.clear()
        self._due.clear()
        if places := {_place(row) for row in rows if is_listed(row)}:
            channels = {channel for channel, _ in places}
            alike = Q(
                channel__in=channels,
                notification__event__source__in={source for _, source in places},
            )
            self._note_went(alike, now)
            self._note_due(alike, now)

    def verdict(self, row: Delivery, now: datetime) -> Verdict | None:
        """Tell until when a delivery waits, because its source was just told of there."""
        went_at = self._went.get(_place(row))
        if went_at is None or went_at + SPAN <= now or not self.beside(row):
            return None
        if row.state == State.HELD and row.reason in _WAITED:
            return None
        return Verdict(State.HELD, Reason.SOURCE_BURST, went_at + SPAN)

    def beside(self, row: Delivery) -> list[int]:
        """List what is due of the source of a delivery there, itself included, if it is listed."""
        due = self._due.get(_place(row), [])
        return due if row.pk in due and is_listed(row) else []

    def _note_went(self, alike: Q, now: datetime) -> None:
        has_gone = Q(ended_at__gt=now - SPAN, state__in=_WENT)
        is_going = Q(ended_at=None) & (Q(state=State.SENDING) | (~Q(lease="") & ~Q(parcel="")))
        rows = Delivery.objects.filter(alike, has_gone | is_going)
        for channel, source, at in rows.values_list(
            "channel_id", "notification__event__source_id", "ended_at"
        ):
            place = (channel, source)
            self._went[place] = max(self._went.get(place, at or now), at or now)

    def _note_due(self, alike: Q, now: datetime) -> None:
        again = Attempt.objects.filter(delivery=OuterRef("pk"), result="replayed")
        rows = fresh(now).filter(alike, notification__event__article__isnull=False)
        rows = rows.exclude(state=State.HELD, reason__in=TOGETHER).exclude(Exists(again))
        for pk, channel, source in rows.order_by("pk").values_list(
            "pk", "channel_id", "notification__event__source_id"
        ):
            self._due[channel, source].append(pk)


def _place(row: Delivery) -> Place:
    return row.channel_id, row.notification.event.source_id
