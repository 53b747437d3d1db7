from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW, make_source, make_topic
from subscriptions import query_index
from subscriptions.keywords import Document
from subscriptions.match import wanted_by, why
from subscriptions.models import Kind
from subscriptions.preferences import set_preferences
from subscriptions.priorities import Priority
from subscriptions.query_index import News
from subscriptions.services import follow_query, follow_source, follow_topic
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
@pytest.mark.parametrize("follows", [*Kind, "all", "neither"])
def test_preferences_let_through_what_they_name(
    wanted: dict[str, object], priority: str, category: str, is_told: bool, follows: str
) -> None:
    world = World()
    world.follow(world.user, list(Kind) if follows == "all" else [follows])
    if wanted:
        set_preferences(user=world.user, changes=wanted)
    found = world.wanted(priority=priority, category=category)
    assert found == {world.other.pk} | (
        {world.user.pk} if is_told and follows != "neither" else set()
    )


LIMITS: list[dict[str, object]] = [
    {},
    {"is_paused": True},
    {"muted_until": NOW + timedelta(seconds=1)},
    {"muted_until": NOW},
    {"muted_until": NOW - timedelta(days=1)},
    {"min_priority": Priority.MEDIUM.rank},
    {"min_priority": Priority.CRITICAL.rank},
    {"min_priority": Priority.HIGH.rank, "muted_until": NOW + timedelta(days=1)},
]


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("kind", Kind)
def test_subscription_lets_through_what_its_limits_allow(kind: str, priority: Priority) -> None:
    world = World()
    users = [make_user() for _ in LIMITS]
    for user, limits in zip(users, LIMITS, strict=True):
        world.follow(user, [kind], **limits)
    expected = {
        user.pk
        for user, limits in zip(users, LIMITS, strict=True)
        if not limits.get("is_paused")
        and limits.get("muted_until", NOW) <= NOW  # type: ignore[operator]
        and priority.rank >= limits.get("min_priority", 0)  # type: ignore[operator]
    }
    assert world.wanted(priority=priority) == expected | {world.other.pk}


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("kind", Kind)
def test_news_comes_by_any_subscription_whatever_the_others_say(
    kind: str, limits: dict[str, object]
) -> None:
    world = World()
    world.follow(world.user, [kind], **limits)
    world.follow(world.user, [other for other in Kind if other != kind])
    assert world.wanted() == {world.user.pk, world.other.pk}


def test_why_tells_each_subscription_that_is_met_and_what_holds_it_back() -> None:
    world, user = World(), make_user()
    world.follow(user, [Kind.TOPIC], is_paused=True)
    world.follow(user, [Kind.SOURCE], muted_until=NOW + timedelta(days=1))
    world.follow(user, [Kind.KEYWORD], min_priority=Priority.HIGH.rank)
    for query in ("nothing", "apple -pie", "topic:own"):
        follow_query(user=user, query=query)
    follow_query(user=user, query="apple", topic=world.topic, source=world.source)
    follow_query(user=user, query="apple", topic=make_topic())
    follow_query(user=user, query="apple", source=make_source())
    world.follow(world.user, list(Kind))
    make_subscription(user, make_topic())
    reasons = why(user=user, news=world.news, priority="medium", moment=NOW)
    told = [(row.kind, row.query_text, hindrance) for row, hindrance in reasons]
    assert told == [
        ("topic", "", "paused"),
        ("source", "", "muted"),
        ("keyword", "apple", "min_priority"),
        ("keyword", "topic:own", ""),
        ("keyword", "apple", ""),
    ]


class World:
    """News of a topic and a source, which the query `apple` matches, and two people."""

    def __init__(self) -> None:
        self.topic, self.source = make_topic("own"), make_source()
        self.user, self.other = make_user(), make_user()
        document = Document.of(title="Apple pie", message="It is good.", topic=["own", "Own"])
        self.news = News(document, self.topic.pk, self.source.pk)
        self.follow(self.other, ["topic"])

    def follow(self, user: User, kinds: Iterable[str], **limits: Any) -> None:
        verbs: dict[str, Callable[[], object]] = {
            Kind.TOPIC: lambda: follow_topic(user=user, topic=self.topic, **limits),
            Kind.SOURCE: lambda: follow_source(user=user, source=self.source, **limits),
            Kind.KEYWORD: lambda: follow_query(user=user, query="apple", **limits),
        }
        for kind in kinds:
            verbs.get(kind, lambda: None)()

    def wanted(self, *, priority: str = "medium", category: str = "general") -> set[int]:
        [queries] = query_index.find([self.news])
        wanted = wanted_by(
            topics=[self.topic.pk],
            source_id=self.source.pk,
            queries=queries,
            priority=priority,
            category=category,
            moment=NOW,
            after=0,
        )
        return {pk for query in wanted for pk in query}
