"""Wishes for tests."""

from accounts.models import User
from news.models import Source, Topic
from subscriptions.models import Subscription
from subscriptions.services import follow_source, follow_topic


def make_subscription(user: User, wanted: Topic | Source) -> Subscription:
    if isinstance(wanted, Topic):
        return follow_topic(user=user, topic=wanted)[0]
    return follow_source(user=user, source=wanted)[0]
