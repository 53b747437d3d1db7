"""When a person would rather not be disturbed: his quiet hours, else the usual night."""

from datetime import datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import User
from subscriptions.models import Preferences

USUAL = ("22:00", "07:00")


class Night(NamedTuple):
    """From one time of day until another, perhaps on the next day, in a time zone."""

    begins: time
    ends: time
    zone: ZoneInfo
    is_own: bool  # he named it

    def has(self, moment: datetime) -> bool:
        at = moment.astimezone(self.zone).time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


def night_of(user: User) -> Night:
    row = Preferences.objects.filter(user=user).only("delivery").first()
    hours = row.delivery.get("quiet_hours") if row else None
    begins, ends = (hours["from"], hours["until"]) if hours else USUAL
    return Night(time.fromisoformat(begins), time.fromisoformat(ends), user.zone, bool(hours))
