"""What rules make of events: the truth table of what a person wants, times his rules."""

from collections import Counter
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import make_user
from news.models import Source, Topic
from news.tests.factories import NOW, make_source, make_topic
from notifications import fanout, matches, services
from notifications.models import Event, Inbox, Notification
from notifications.tests.factories import follow, make_event, make_followers, told_of
from subscriptions.models import RuleAction
from subscriptions.preferences import set_preferences
from subscriptions.priorities import Priority
from subscriptions.rules import make_rule
from subscriptions.services import follow_query, follow_topic

pytestmark = pytest.mark.django_db

RULES: tuple[tuple[str, ...], ...] = (
    (),
    ("read",),
    ("silence",),
    ("raise",),
    ("lower",),
    ("raise", "lower"),
    ("raise", "read"),
    ("lower", "silence"),
)
UNMATCHED = ("read", "silence", "raise")
WANTED: tuple[dict[str, Any], ...] = (
    {},
    {"priority": ["high"]},
    {"priority": ["low", "medium"]},
    {"category": ["alert"]},
    {"subscribed": False},
)
FOLLOWED = ("topic", "source", "query", "strict topic", "paused query", "nothing")


def rule(user: User, action: str, query: str = "moon", **options: Any) -> None:
    make_rule(user=user, query=query, action=action, **options)


def shift(rules: tuple[str, ...]) -> int:
    return ("raise" in rules) - ("lower" in rules)


def is_told(wanted: dict[str, Any], follows: str, rules: tuple[str, ...], priority: str) -> bool:
    own = Priority(priority).shifted(shift(rules))
    return (
        "silence" not in rules
        and follows not in {"nothing", "paused query"}
        and wanted.get("subscribed", True)
        and own in wanted.get("priority", list(Priority))
        and "general" in wanted.get("category", ["general"])
        and (follows != "strict topic" or own.rank >= Priority.HIGH.rank)
    )


def test_truth_table_of_wishes_and_rules() -> None:
    topic = make_topic()
    source = make_source(topic=topic)
    people = {}
    for wanted, follows, rules in product(WANTED, FOLLOWED, (*RULES, UNMATCHED)):
        user = person(topic, source, wanted, follows)
        for action in rules:
            rule(user, action, "sun" if rules is UNMATCHED else "moon")
        people[user.pk] = wanted, follows, () if rules is UNMATCHED else rules
    unread: Counter[int] = Counter()
    for priority in Priority:
        event = make_event(title="Moon landing", topic=topic, source=source, priority=priority)
        fanout.fan_out_due(NOW)
        rows = Notification.objects.select_related("event").filter(event=event)
        expected = {pk for pk, each in people.items() if is_told(*each, priority)}
        assert {row.user_id for row in rows} == expected
        for row in rows:
            rules = people[row.user_id][2]
            assert row.priority == priority.shifted(shift(rules))
            assert row.is_unread is ("read" not in rules)
            assert row.read_at == (NOW if "read" in rules else None)
            unread[row.user_id] += row.is_unread
        event.refresh_from_db()
        assert event.told_count == len(expected)
    counted = dict(Inbox.objects.values_list("user_id", "unread"))
    assert counted == {pk: unread[pk] for pk in counted}


def person(topic: Topic, source: Source, wanted: dict[str, Any], follows: str) -> User:
    user = make_user()
    if "topic" in follows:
        follow_topic(user=user, topic=topic, min_priority=2 if "strict" in follows else 0)
    elif follows == "source":
        follow(user, source)
    elif "query" in follows:
        follow_query(user=user, query="landing", is_paused="paused" in follows)
    if wanted:
        set_preferences(user=user, changes=wanted)
    return user


def test_rules_keep_to_their_owner_their_place_and_their_state() -> None:
    topic, other = make_topic(), make_topic()
    source = make_source(topic=topic)
    names = ("scoped here", "scoped there", "of source", "paused", "none")
    people = dict(zip(names, make_followers(len(names), topic), strict=True))
    rule(people["scoped here"], "silence", topic=topic)
    rule(people["scoped there"], "silence", topic=other)
    rule(people["of source"], "silence", source=source)
    rule(people["paused"], "silence", is_paused=True)
    event = make_event(title="Moon", topic=topic, source=source)
    fanout.fan_out_due(NOW)
    told = set(told_of(event))
    assert {name for name, user in people.items() if user.pk in told} == {
        "scoped there",
        "paused",
        "none",
    }


def test_rules_leave_alone_what_is_addressed() -> None:
    user = make_user()
    for action in RuleAction:
        rule(user, action)
    event = make_event(title="Moon", is_addressed=True, audience={"roles": [user.role]})
    fanout.fan_out_due(NOW)
    row = Notification.objects.get(event=event, user=user)
    assert (row.is_unread, row.priority) == (True, "medium")


def test_rules_count_for_what_widens_another_event() -> None:
    topic, other = make_topic(), make_topic()
    first = make_event(title="Moon", topic=topic)
    silent, reader, plain = make_followers(3, other)
    rule(silent, "silence")
    rule(reader, "read", "comet")
    fanout.fan_out_due(NOW)
    make_event(title="Comet", topic=other, told_as=first)
    fanout.fan_out_due(NOW)
    assert told_of(first) == [reader.pk, plain.pk]
    rows = Notification.objects.filter(event=first).order_by("user_id")
    assert list(rows.values_list("is_unread", flat=True)) == [False, True]
    services.mark_read(user=reader, now=NOW, read=False)
    follow(reader, topic)
    make_event(title="Comet", topic=topic, told_as=first)
    fanout.fan_out_due(NOW)
    assert Notification.objects.get(user=reader).is_unread  # it was not told again


@pytest.mark.parametrize("is_large", [False, True])
def test_rules_count_in_every_chunk_whatever_the_lanes(
    monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 3)
    monkeypatch.setattr(matches, "LARGE", 2 if is_large else 5_000)
    topic, users = make_topic(), [make_user() for _ in range(12)]
    for number, user in enumerate(users):
        if number % 2:
            follow_topic(user=user, topic=topic, min_priority=2)
        else:
            follow_query(user=user, query="moon")
        rule(user, ("silence", "raise", "read")[number % 3])
    event = make_event(title="Moon", topic=topic)
    fanout.fan_out_due(NOW)
    expected = [
        user.pk
        for number, user in enumerate(users)
        if number % 3 == 1 or (number % 3 == 2 and not number % 2)
    ]
    assert told_of(event) == expected
    assert not Event.objects.filter(fanned_out_at=None).exists()


def test_event_that_no_query_matches_asks_for_no_rules() -> None:
    topic = make_topic()
    (user,) = make_followers(1, topic)
    rule(user, "silence", "sun")
    make_event(title="Moon", topic=topic)
    with CaptureQueriesContext(connection) as asked:
        assert fanout.fan_out_due(NOW) == 1
    assert [each for each in asked if "subscriptions_rule" in each["sql"]] == []
