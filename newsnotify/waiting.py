"""What waits to be told and crawled: cheap reads, also where millions of rows are done."""

from datetime import datetime

from django.db.models import QuerySet

from news.models import Announcement, Source
from newsnotify.lib.estimates import count_up_to
from notifications.models import Delivery, Event
from notifications.replaying import dead_letters


def events(moment: datetime) -> QuerySet[Event]:
    """List events that are released and not told to everybody yet."""
    found: QuerySet[Event] = Event.objects.filter(fanned_out_at=None, release_time__lte=moment)
    return found


def oldest(moment: datetime) -> datetime | None:
    """Tell since when the oldest of what has to be told or delivered is waiting."""
    announced = Announcement.objects.order_by("id").values_list("created_at", flat=True)[:1]
    released = events(moment).order_by("release_time").values_list("created_at", "release_time")
    # A producer may release something in the past: it waits since it was posted.
    due = Delivery.objects.filter(due_at__lte=moment).order_by("due_at")
    since = [*announced, *(max(row) for row in released[:1])]
    since += [row.due_at for row in due[:1] if row.due_at]
    return min(since, default=None)


def counts(moment: datetime) -> dict[str, int]:
    """Count what waits, each up to 10,000."""
    return {
        "announcements": count_up_to(Announcement.objects.all()),
        "events": count_up_to(events(moment)),
        "sources": count_up_to(Source.objects.due(moment)),
        "deliveries": count_up_to(Delivery.objects.filter(due_at__lte=moment)),
        "dead_letters": count_up_to(dead_letters()),
    }
