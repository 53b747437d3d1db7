"""Why somebody was told or was not, gate by gate, from rows that the product made."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts import keys
from accounts.models import Role, User
from accounts.tests.factories import make_user
from news.models import Announcement, Article, Source
from news.tests.factories import NOW, make_article, make_source, make_topic
from notifications import posting, services, withdrawal
from notifications.explaining import gathering
from notifications.explaining.findings import Explanation
from notifications.explaining.judging import explain
from notifications.fanout import fan_out_due
from notifications.models import Event, Notification
from notifications.posting import Audience, Producer
from notifications.tests.delivering import deliver, make_phone
from notifications.tests.factories import announce, follow, make_event
from subscriptions.models import Subscription
from subscriptions.preferences import set_preferences
from subscriptions.rules import make_rule
from subscriptions.services import follow_query

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOON = NOW + MINUTE
Found = list[tuple[str, str]]


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def follow_with(user: User, wanted: Any, **options: Any) -> Subscription:
    follow(user, wanted)
    rows = Subscription.objects.filter(user=user)
    rows.update(**{"created_at": NOW - HOUR, **options})
    return rows.latest("pk")


def why(event: Event, user: User) -> Explanation:
    event.refresh_from_db()
    return explain(gathering.of_event(event, user, SOON))


def why_article(article: Article, user: User) -> Explanation:
    return explain(gathering.of_article(article, user, SOON))


def findings(explanation: Explanation) -> Found:
    return [(each.code.value, each.effect.value) for each in explanation.findings]


def steps(explanation: Explanation) -> list[str]:
    return [each.step.value for each in explanation.moments]


def told_nobody(user: User) -> bool:
    fan_out_due(SOON)
    return not Notification.objects.filter(user=user).exists()


# What is set of a subscription, in preferences, and what is found of a medium, general event.
HELD: list[tuple[str, dict[str, Any], dict[str, Any], Found]] = [
    ("paused", {"is_paused": True}, {}, [("paused", "holds")]),
    ("muted", {"muted_until": NOW + HOUR}, {}, [("muted", "holds")]),
    ("mild", {"min_priority": 2}, {}, [("min_priority", "holds")]),
    ("off", {}, {"subscribed": False}, [("followed", "lets"), ("unsubscribed", "holds")]),
    (
        "priority",
        {},
        {"priority": ["high", "critical"]},
        [("followed", "lets"), ("priority_not_wanted", "holds")],
    ),
    (
        "category",
        {},
        {"category": ["alert"]},
        [("followed", "lets"), ("category_not_wanted", "holds")],
    ),
    (
        "all at once",
        {"is_paused": True},
        {"subscribed": False, "priority": ["low"], "category": ["alert"]},
        [
            ("paused", "holds"),
            ("unsubscribed", "holds"),
            ("priority_not_wanted", "holds"),
            ("category_not_wanted", "holds"),
        ],
    ),
]


@pytest.mark.parametrize(("options", "preferences", "expected"), [row[1:] for row in HELD])
def test_every_gate_that_held_it_is_named_in_order(
    ann: User, options: dict[str, Any], preferences: dict[str, Any], expected: Found
) -> None:
    topic = make_topic()
    wish = follow_with(ann, topic, **options)
    set_preferences(user=ann, changes=preferences)
    event = make_event(topic=topic)
    assert told_nobody(ann)
    explanation = why(event, ann)
    assert explanation.answer == "not_told"
    assert findings(explanation) == expected
    assert explanation.findings[0].wish
    assert explanation.findings[0].wish.id == wish.pk


def test_told_by_what_matched_with_the_others_beside_it(ann: User) -> None:
    topic, source = make_topic(), make_source()
    follow_with(ann, source)
    Subscription.objects.update(is_paused=True)
    follow(ann, topic)
    follow_query(user=ann, query='"something happened"')
    Subscription.objects.update(created_at=NOW - HOUR)
    follow_query(user=ann, query="unheard")
    make_phone(ann)
    set_preferences(user=ann, changes={"priority": ["medium"]})
    event = make_event(topic=topic, source=source)
    fan_out_due(SOON)
    deliver(SOON)
    explanation = why(event, ann)
    assert explanation.answer == "told"
    assert findings(explanation) == [
        ("followed", "lets"),
        ("followed", "lets"),
        ("paused", "notes"),
        ("priority_wanted", "notes"),
    ]
    kinds = [each.wish.kind for each in explanation.findings if each.wish]
    assert kinds == ["topic", "keyword", "source"]
    assert steps(explanation) == ["accepted", "told", "told_all", "attempt"]
    assert [(way.kind, way.state) for way in explanation.ways] == [("mock", "delivered")]
    assert explanation.ways[0].tries[0].result == "delivered"


def test_query_that_matched_then_is_named_when_the_event_reads_otherwise_now(ann: User) -> None:
    follow_query(user=ann, query="storm")
    Subscription.objects.update(created_at=NOW - HOUR)
    event = make_event(title="Storm ahead")
    fan_out_due(SOON)
    withdrawal.edit_event(event=event, changes={"title": "All clear"})
    explanation = why(event, ann)
    assert findings(explanation)[0] == ("followed", "lets")
    assert explanation.findings[0].wish.words == "the word “storm”"  # type: ignore[union-attr]


def test_nothing_matches_and_the_way_to_follow_it_is_named(ann: User) -> None:
    source = make_source()
    event = make_event(source=source, topic=make_topic())
    assert told_nobody(ann)
    explanation = why(event, ann)
    assert findings(explanation) == [("nothing_matches", "holds")]
    assert explanation.main.path == f"/sources/{source.pk}"


def test_subscription_that_came_later_says_so(ann: User) -> None:
    topic = make_topic()
    event = make_event(topic=topic)
    fan_out_due(SOON)
    follow_with(ann, topic, created_at=SOON + MINUTE)
    assert findings(why(event, ann)) == [("followed_later", "holds")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"release_time": NOW + HOUR}, [("scheduled", "holds"), ("followed", "lets")]),
        ({}, [("being_told", "holds"), ("followed", "lets")]),
    ],
)
def test_what_will_be_told_is_not_told_yet(
    ann: User, fields: dict[str, Any], expected: Found
) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    explanation = why(make_event(topic=topic, **fields), ann)
    assert (explanation.answer, findings(explanation)) == ("not_yet", expected)


def test_what_was_taken_back_before_anybody_was_told_says_so(ann: User) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    event = make_event(topic=topic, release_time=NOW + HOUR)
    withdrawal.withdraw_event(event=event, now=NOW)
    explanation = why(event, ann)
    assert explanation.answer == "not_told"
    assert findings(explanation)[0] == ("recalled", "holds")


def test_what_expired_before_anybody_was_told_says_so(ann: User) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    event = make_event(topic=topic, expires_at=NOW)
    assert told_nobody(ann)
    assert findings(why(event, ann))[0] == ("expired", "holds")


def test_closed_account_is_named(ann: User) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    event = make_event(topic=topic)
    assert told_nobody(ann)
    ann.refresh_from_db()
    assert ("account_closed", "holds") in findings(why(event, ann))


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("silence", [("followed", "lets"), ("rule_silence", "holds")]),
        ("lower", [("min_priority", "holds"), ("rule_lower", "notes")]),
        ("read", [("followed", "lets"), ("rule_read", "notes"), ("no_channel", "notes")]),
        ("raise", [("followed", "lets"), ("rule_raise", "notes"), ("no_channel", "notes")]),
    ],
)
def test_rules_are_named_with_what_they_did(ann: User, action: str, expected: Found) -> None:
    topic = make_topic()
    follow_with(ann, topic, min_priority=1)
    rule, _ = make_rule(user=ann, query="storm", action=action)
    make_rule(user=ann, query="sunshine", action="silence")
    event = make_event(topic=topic, title="Storm ahead")
    fan_out_due(SOON)
    explanation = why(event, ann)
    assert findings(explanation) == expected
    assert [each.rule.id for each in explanation.findings if each.rule] == [rule.pk]


def change_preferences(user: User, topic: Any) -> None:
    set_preferences(user=user, changes={"priority": ["high"]})


def unfollow(user: User, topic: Any) -> None:
    Subscription.objects.filter(user=user).delete()


@pytest.mark.parametrize("change", [change_preferences, unfollow])
def test_told_says_what_has_changed_since(ann: User, change: Callable[[User, Any], None]) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    event = make_event(topic=topic)
    fan_out_due(SOON)
    change(ann, topic)
    explanation = why(event, ann)
    assert explanation.answer == "told"
    assert ("changed_since", "notes") in findings(explanation)


def test_not_told_says_what_has_changed_since(ann: User) -> None:
    topic = make_topic()
    wish = follow_with(ann, topic, is_paused=True)
    event = make_event(topic=topic)
    assert told_nobody(ann)
    Subscription.objects.filter(pk=wish.pk).update(is_paused=False)
    explanation = why(event, ann)
    assert explanation.answer == "not_told"
    assert findings(explanation) == [("followed", "lets"), ("changed_since", "holds")]


def test_what_the_reader_deleted_was_told(ann: User) -> None:
    topic = make_topic()
    follow_with(ann, topic)
    event = make_event(topic=topic)
    fan_out_due(SOON)
    services.delete(user=ann, ids=[Notification.objects.get().pk])
    explanation = why(event, ann)
    assert explanation.answer == "told"
    assert ("deleted", "notes") in findings(explanation)


def post(audience: Audience, **fields: Any) -> Event:
    key, _ = keys.issue(name="billing", scopes=[])
    given = {"title": "Invoice", "message": "Due.", **fields}
    return posting.post_event(producer=Producer(key=key), fields=given, audience=audience, now=NOW)


def test_addressed_names_its_producer_and_what_keeps_it_in_the_inbox(ann: User) -> None:
    make_phone(ann)
    set_preferences(user=ann, changes={"subscribed": False, "priority": ["high"]})
    event = post(Audience(users=[ann]))
    fan_out_due(SOON)
    deliver(SOON)
    explanation = why(event, ann)
    assert explanation.answer == "told"
    assert explanation.main.name == "billing"
    assert findings(explanation) == [
        ("addressed", "lets"),
        ("unsubscribed", "limits"),
        ("priority_not_wanted", "limits"),
    ]
    assert [(way.state, way.reason) for way in explanation.ways] == [("suppressed", "unsubscribed")]


def test_addressed_to_a_role_or_the_followers_of_a_topic_says_so(ann: User) -> None:
    topic, editor = make_topic(), make_user(role=Role.EDITOR)
    follow_with(ann, topic)
    event = post(Audience(topics=[topic.pk], roles=["editor"]), kind="in_app")
    fan_out_due(SOON)
    assert findings(why(event, editor)) == [("addressed_to_role", "lets"), ("inbox_only", "notes")]
    assert findings(why(event, ann)) == [("followed", "lets"), ("inbox_only", "notes")]


def test_addressed_to_others_tells_only_that(ann: User) -> None:
    event = post(Audience(users=[make_user()]))
    assert told_nobody(ann)
    assert findings(why(event, ann)) == [("addressed_to_others", "holds")]


@pytest.mark.parametrize("first_crawled_at", [None, NOW, NOW + HOUR])
def test_first_crawl_tells_nobody(ann: User, first_crawled_at: Any) -> None:
    source = make_source(first_crawled_at=first_crawled_at)
    follow_with(ann, source)
    articles = [make_article(source) for _ in range(25)]
    assert told_nobody(ann)
    explanation = why_article(articles[0], ann)
    assert explanation.answer == "not_told"
    assert findings(explanation) == [("first_crawl", "holds")]
    assert steps(explanation) == ["seen"]


def make_crawled_source(**fields: Any) -> Source:
    return make_source(first_crawled_at=NOW - HOUR, **fields)


def test_article_is_told_from_its_publication_to_its_reading(ann: User) -> None:
    source = make_crawled_source()
    follow_with(ann, source)
    article = announce(source, published_at=NOW - MINUTE)
    assert findings(why_article(article, ann)) == [("announced", "holds")]
    assert why_article(article, ann).answer == "not_yet"
    fan_out_due(SOON)
    services.mark_read(user=ann, now=SOON + MINUTE)
    explanation = why_article(article, ann)
    assert findings(explanation) == [("followed", "lets"), ("no_channel", "notes")]
    assert steps(explanation) == ["published", "seen", "accepted", "told", "told_all", "read"]


def test_article_whose_event_is_not_kept_says_so(ann: User) -> None:
    article = make_article(make_crawled_source())
    assert findings(why_article(article, ann)) == [("no_event", "holds")]


def test_articles_of_a_burst_were_told_as_one(ann: User) -> None:
    source = make_crawled_source()
    follow_with(ann, source)
    articles = [make_article(source) for _ in range(25)]
    Announcement.objects.create(source=source, count=25)
    assert findings(why_article(articles[3], ann)) == [("burst", "notes"), ("announced", "holds")]
    fan_out_due(SOON)
    explanation = why_article(articles[3], ann)
    assert (explanation.answer, findings(explanation)[:2]) == (
        "told",
        [("burst", "notes"), ("followed", "lets")],
    )
    assert explanation.findings[0].count == 25
    (event,) = Event.objects.all()
    assert findings(why(event, ann)) == findings(explanation)


def test_same_link_in_another_source_was_told_before(ann: User) -> None:
    one, two = make_crawled_source(title="One"), make_crawled_source(title="Two")
    follow_with(ann, one)
    follow_with(ann, two)
    announce(one, "https://a.example/x")
    fan_out_due(NOW)
    article = announce(two, "https://a.example/x")
    fan_out_due(SOON)
    explanation = why_article(article, ann)
    assert explanation.answer == "told"
    (before,) = [each for each in explanation.findings if each.code == "told_before"]
    assert (before.name, before.at) == ("One", NOW)


def test_same_link_widens_who_hears_of_the_first(ann: User) -> None:
    one, two = make_crawled_source(title="One"), make_crawled_source(title="Two")
    follow_with(ann, two)
    first = announce(one, "https://a.example/x")
    fan_out_due(NOW)
    assert findings(why_article(first, ann)) == [("nothing_matches", "holds")]
    second = announce(two, "https://a.example/x")
    fan_out_due(SOON)
    for article in (first, second):
        explanation = why_article(article, ann)
        assert explanation.answer == "told"
        joined = [each for each in explanation.findings if each.code == "joined"]
        assert [(each.name, each.at) for each in joined] == [("Two", SOON)]
        assert ("followed", "lets") in findings(explanation)
        assert "changed_since" not in [each.code for each in explanation.findings]
