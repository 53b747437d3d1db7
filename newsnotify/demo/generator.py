"""Random notifications, for those who want to see something happen (`DEMO_GENERATOR_SECONDS`)."""

from datetime import datetime
from random import Random

from news.models import Topic
from newsnotify.demo.invention import TOPICS, story
from notifications import posting
from notifications.models import Event
from subscriptions.priorities import Priority

SLUGS = ("tech", "sports", "news")
CATEGORIES = ("general", "alert", "update")


def post_random(now: datetime, chance: Random) -> Event | None:
    """Post an event of a random topic, priority and category; none where no topic is left."""
    topics = Topic.objects.filter(slug__in=SLUGS).order_by("slug")
    if not topics:
        return None
    told = story(chance.randrange(len(TOPICS) * 10_000))
    fields = {
        "title": told.title,
        "message": told.paragraphs[0],
        "topic": chance.choice(topics),
        "priority": chance.choice(Priority.values),
        "category": chance.choice(CATEGORIES),
        "release_time": now,
    }
    producer = posting.Producer()
    return posting.post_event(producer=producer, fields=fields, audience=None, now=now)
