"""Verbs over subscriptions; each is fine to repeat."""

from accounts.models import User
from news.models import Source, Topic
from news.services import add_source
from subscriptions.models import Kind, Subscription


def subscribe(
    *, user: User, topic: Topic | None = None, source: Source | None = None, url: str = ""
) -> tuple[Subscription, bool]:
    """Follow what is named: a topic, a source, or a source by its URL."""
    if topic:
        return follow_topic(user=user, topic=topic)
    if source:
        return follow_source(user=user, source=source)
    return follow_url(user=user, url=url)


def follow_topic(*, user: User, topic: Topic) -> tuple[Subscription, bool]:
    """Follow a topic. Returns the subscription and whether it is new."""
    return Subscription.objects.get_or_create(user=user, topic=topic, defaults={"kind": Kind.TOPIC})


def follow_source(*, user: User, source: Source) -> tuple[Subscription, bool]:
    """Follow a source. Returns the subscription and whether it is new."""
    return Subscription.objects.get_or_create(
        user=user, source=source, defaults={"kind": Kind.SOURCE}
    )


def follow_url(*, user: User, url: str) -> tuple[Subscription, bool]:
    """Follow the source at a URL, which is fetched and added when nobody brought it before.

    Raises ValidationError on `url` when there is no feed to be had.
    """
    source, _ = add_source(url=url, is_brought=True)
    return follow_source(user=user, source=source)


def unfollow_topic(*, user: User, topic: Topic) -> None:
    Subscription.objects.filter(user=user, topic=topic).delete()


def unfollow_source(*, user: User, source: Source) -> None:
    Subscription.objects.filter(user=user, source=source).delete()
