"""People who follow one topic, and news for them."""

from django.db import connection
from django.utils.timezone import now

from accounts.models import User
from bench.rows import analyze, multiply
from news.models import Announcement, Article, Source, Topic
from newsnotify.lib.fields import digest
from notifications import intake
from notifications.models import Event
from subscriptions.models import Kind, Subscription


def make_users(count: int) -> int:
    """Make users with ids that follow each other; returns the first."""
    template = User.objects.create(email="template@example.org", password="!", is_active=False)  # noqa: S106
    first = template.pk + 1
    is_mysql = connection.vendor == "mysql"  # to SQLite CONCAT is new, to MySQL || is OR
    address = "CONCAT('user', n, '@example.org')" if is_mysql else "'user' || n || '@example.org'"
    columns = {"id": f"{first} - 1 + n", "email": address}
    multiply(template, count, is_active="1", **columns)
    analyze("accounts_user")
    return first


def make_source() -> Source:
    topic = Topic.objects.create(slug="bench", name="Bench")
    url = "https://publisher.example/feed.xml"
    return Source.objects.create(**Source.identified_by(url), topic=topic, next_fetch_at=now())


def make_audience(count: int) -> tuple[Source, int]:
    """Make users who follow the topic of a source. Returns it and the first user's id."""
    first, source = make_users(count), make_source()
    idle = User.objects.get(email="template@example.org")
    template = Subscription.objects.create(user=idle, kind=Kind.TOPIC, topic=source.topic)
    multiply(template, count, user_id=f"{first} - 1 + n")
    analyze("subscriptions_subscription")
    return source, first


def news(source: Source, title: str) -> Article:
    moment = now()
    return Article.objects.create(
        source=source,
        title=title,
        identity=digest(title),
        dated_at=moment,
        first_seen_at=moment,
        updated_at=moment,
    )


def publish(source: Source, title: str) -> Event:
    """Store an article as the crawler does, up to the event."""
    article = news(source, title)
    Announcement.objects.create(source=source, article=article)
    intake.take_announcements(now())
    return Event.objects.get(article=article)
