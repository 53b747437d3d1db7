"""Articles that are published and told of, and what came of them, for tests."""

from datetime import datetime
from typing import Any

from news.models import Source
from notifications.fanout import fan_out_due
from notifications.models import Event
from notifications.tests.delivering import Scripted
from notifications.tests.factories import announce
from notifications.transports.base import Parcel


def publish(source: Source, title: str, now: datetime, **event: Any) -> None:
    """Publish an article, and tell of it; its deliveries are due at once."""
    article = announce(source, title=title, first_seen_at=now)
    fan_out_due(now)
    Event.objects.filter(article=article).update(**event)


def titles(parcel: Parcel) -> list[str]:
    return [item.title for item in parcel.items]


def told(phone: Scripted) -> list[list[str]]:
    return [titles(parcel) for parcel in phone.parcels]
