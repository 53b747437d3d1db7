"""Events, and people who are told of them, for tests."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.tests.factories import make_user
from news.models import Announcement, Article, Source, Topic
from news.tests.factories import NOW, make_article, make_topic
from newsnotify.lib.fields import digest
from notifications.fanout import fan_out_due
from notifications.models import Event, Notification
from subscriptions.services import follow_source, follow_topic


def make_event(**fields: Any) -> Event:
    times = {"created_at": NOW, "release_time": NOW}
    return Event.objects.create(
        **{"title": "Something happened", "message": "It did.", **times, **fields}
    )


def make_followers(count: int, topic: Topic) -> list[User]:
    users = [make_user() for _ in range(count)]
    for user in users:
        follow_topic(user=user, topic=topic)
    return users


def follow(user: User, *wanted: Topic | Source) -> None:
    for one in wanted:
        if isinstance(one, Topic):
            follow_topic(user=user, topic=one)
        else:
            follow_source(user=user, source=one)


def tell(user: User, **fields: Any) -> Notification:
    """Tell one user of a new event, the way everybody is told."""
    topic = fields.pop("topic", None) or make_topic()
    follow(user, topic)
    event = make_event(topic=topic, **fields)
    fan_out_due(event.release_time)
    return Notification.objects.select_related("event__topic").get(event=event, user=user)


def announce(source: Source, link: str = "", **fields: Any) -> Article:
    """Publish an article as the crawler does: row and announcement."""
    article = make_article(source, link_key=digest(link) if link else None, url=link, **fields)
    Announcement.objects.create(source=source, article=article)
    return article


def told_of(event: Event) -> list[int]:
    """List the ids of the users who were told of an event."""
    rows = Notification.objects.filter(event=event).order_by("user_id")
    return list(rows.values_list("user_id", flat=True))


def ids_of(users: Iterable[User]) -> list[int]:
    return [user.pk for user in users]
