import pytest

from accounts.tests.factories import make_user
from news.tests.factories import NOW, make_source, make_topic
from subscriptions.match import wanted_by
from subscriptions.preferences import set_preferences
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db


def found(topic_id: int | None, source_id: int | None, after: int = 0) -> list[int]:
    queries = wanted_by(
        topics=[topic_id] if topic_id else [],
        source_id=source_id,
        priority="medium",
        category="general",
        moment=NOW,
        after=after,
    )
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
    assert found(None, None) == []


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


NOTHING_SET: dict[str, object] = {}


@pytest.mark.parametrize(
    ("wanted", "priority", "category", "is_told"),
    [
        (NOTHING_SET, "low", "general", True),
        ({"priority": ["high"]}, "high", "general", True),
        ({"priority": ["high"]}, "medium", "general", False),
        ({"priority": ["high"]}, "critical", "general", False),
        ({"priority": ["low", "critical"]}, "critical", "alert", True),
        ({"priority": ["low", "critical"]}, "medium", "alert", False),
        ({"category": ["alert"]}, "low", "alert", True),
        ({"category": ["alert"]}, "low", "general", False),
        ({"category": ["alert", "update"]}, "low", "update", True),
        ({"category": ["alert", "update"]}, "low", "made-up", False),
        ({"category": ["made-up"]}, "low", "made-up", True),
        ({"priority": ["high"], "category": ["alert"]}, "high", "alert", True),
        ({"priority": ["high"], "category": ["alert"]}, "high", "general", False),
        ({"priority": ["high"], "category": ["alert"]}, "low", "alert", False),
        ({"priority": ["high"], "category": ["alert"]}, "low", "general", False),
        ({"subscribed": False}, "critical", "alert", False),
        ({"subscribed": False, "priority": ["high"]}, "high", "general", False),
        ({"priority": [], "category": []}, "low", "update", True),
    ],
)
@pytest.mark.parametrize("follows", ["topic", "source", "both", "neither"])
def test_preferences_let_through_what_they_name(
    wanted: dict[str, object], priority: str, category: str, is_told: bool, follows: str
) -> None:
    topic, source, user, other = make_topic(), make_source(), make_user(), make_user()
    make_subscription(other, topic)
    if follows in {"topic", "both"}:
        make_subscription(user, topic)
    if follows in {"source", "both"}:
        make_subscription(user, source)
    if wanted:
        set_preferences(user=user, changes=wanted)
    queries = wanted_by(
        topics=[topic.pk],
        source_id=source.pk,
        priority=priority,
        category=category,
        moment=NOW,
        after=0,
    )
    ids = {pk for query in queries for pk in query}
    assert ids == {other.pk} | ({user.pk} if is_told and follows != "neither" else set())
