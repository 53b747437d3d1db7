import pytest

from accounts.tests.factories import make_user
from news.tests.factories import make_source, make_topic
from subscriptions.match import wanted_by
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db


def found(topic_id: int | None, source_id: int | None, after: int = 0) -> list[int]:
    queries = wanted_by(topic_id=topic_id, source_id=source_id, after=after)
    return sorted({pk for query in queries for pk in query})


def test_wanted_by_finds_who_follows_topic_or_source_when_both_are_given() -> None:
    topic, source = make_topic(), make_source()
    by_topic, by_source, by_both, other = (make_user() for _ in range(4))
    make_subscription(by_topic, topic)
    make_subscription(by_source, source)
    make_subscription(by_both, topic)
    make_subscription(by_both, source)
    make_subscription(other, make_topic())
    make_subscription(other, make_source())
    assert found(topic.pk, source.pk) == [by_topic.pk, by_source.pk, by_both.pk]
    assert found(topic.pk, None) == [by_topic.pk, by_both.pk]
    assert found(None, source.pk) == [by_source.pk, by_both.pk]
    assert wanted_by(topic_id=None, source_id=None, after=0) == []


def test_wanted_by_leaves_out_who_was_told_when_it_begins_later() -> None:
    topic = make_topic()
    users = [make_user() for _ in range(3)]
    for user in users:
        make_subscription(user, topic)
    assert found(topic.pk, None, after=users[0].pk) == [users[1].pk, users[2].pk]


def test_wanted_by_leaves_out_who_has_no_account_any_more_when_matching() -> None:
    topic = make_topic()
    make_subscription(make_user(is_active=False), topic)
    assert found(topic.pk, None) == []
