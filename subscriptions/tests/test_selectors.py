import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.tests.factories import make_user
from news.tests.factories import make_source, make_topic
from subscriptions.selectors import subscriptions_of
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db


def test_subscriptions_are_ones_own_and_newest_first_when_listed() -> None:
    ann, topic, source = make_user(), make_topic(), make_source()
    older, newer = make_subscription(ann, topic), make_subscription(ann, source)
    make_subscription(make_user(), topic)
    assert list(subscriptions_of(ann)) == [newer, older]


def test_subscriptions_are_none_when_nobody_is_signed_in() -> None:
    make_subscription(make_user(), make_topic())
    assert not subscriptions_of(AnonymousUser()).exists()
