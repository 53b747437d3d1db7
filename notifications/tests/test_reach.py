from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW, make_source, make_topic
from notifications import recipients
from notifications.channels import change
from notifications.fanout import fan_out_due
from notifications.models import Channel, Delivery, Notification
from notifications.tests.delivering import make_phone, notify, states
from notifications.tests.factories import announce, follow, make_event, make_followers
from subscriptions.models import Subscription
from subscriptions.services import change as change_subscription
from subscriptions.services import subscribe

pytestmark = pytest.mark.django_db


def channel_of(user: User, kind: str = "mock", **fields: Any) -> Channel:
    given = {"address": kind, "provider": kind, "verified_at": NOW, **fields}
    return Channel.objects.create(user=user, kind=kind, **given)


def reached() -> set[tuple[int, int | None]]:
    return set(Delivery.objects.values_list("user_id", "channel_id"))


def test_fan_out_makes_a_delivery_for_each_channel_that_is_ready() -> None:
    topic = make_topic()
    ann, bob, _ = make_followers(3, topic)
    phones = [make_phone(ann, "one"), make_phone(ann, "two"), make_phone(bob)]
    channel_of(ann, verified_at=None)
    channel_of(bob, is_enabled=False)
    make_phone(make_user())
    make_event(topic=topic)
    assert fan_out_due(NOW) == 3
    assert reached() == {(phone.user_id, phone.pk) for phone in phones}
    for row in Delivery.objects.select_related("notification"):
        assert (row.notification.user_id, row.due_at, row.state) == (row.user_id, NOW, "pending")
    found = dict(Notification.objects.values_list("user_id", "outcome"))
    assert sorted(found.values()) == ["", "pending", "pending"]


def test_fan_out_costs_one_statement_more_when_nobody_has_a_channel() -> None:
    topic = make_topic()
    make_followers(2, topic)
    make_event(topic=topic)
    with CaptureQueriesContext(connection) as queries:
        fan_out_due(NOW)
    asked = [query["sql"] for query in queries if "notifications_channel" in query["sql"]]
    assert len(asked) == 1
    assert not any("notifications_delivery" in query["sql"] for query in queries)


def test_chosen_channels_of_a_subscription_are_the_only_ones_unless_another_names_none() -> None:
    topic, source = make_topic(), make_source()
    ann = make_user()
    follow(ann, topic, source)
    home, work = make_phone(ann, "home"), make_phone(ann, "work")
    by_topic, by_source = Subscription.objects.order_by("pk")
    work.subscriptions.add(by_topic)
    make_event(topic=topic)
    fan_out_due(NOW)
    assert reached() == {(ann.pk, work.pk)}
    Delivery.objects.all().delete()
    source.topic = topic
    source.save()
    announce(source)  # by both subscriptions, of which one wants it everywhere
    fan_out_due(NOW)
    assert reached() == {(ann.pk, work.pk), (ann.pk, home.pk)}
    Delivery.objects.all().delete()
    home.subscriptions.add(by_source)
    announce(source)
    fan_out_due(NOW)
    assert reached() == {(ann.pk, work.pk), (ann.pk, home.pk)}


def test_channels_that_a_keyword_query_names_are_used_and_those_of_a_muted_wish_are_not() -> None:
    topic, ann = make_topic(), make_user()
    home, work = make_phone(ann, "home"), make_phone(ann, "work")
    by_query, _ = subscribe(user=ann, query="moon", channels=[work])
    muted, _ = subscribe(user=ann, topic=topic, channels=[home], muted_until=NOW + timedelta(1))
    make_event(topic=topic, title="Water on the Moon")
    fan_out_due(NOW)
    assert reached() == {(ann.pk, work.pk)}
    Delivery.objects.all().delete()
    change_subscription(subscription=muted, changes={"muted_until": None})
    make_event(topic=topic, title="The Moon again")
    fan_out_due(NOW)
    assert reached() == {(ann.pk, home.pk), (ann.pk, work.pk)}
    change_subscription(subscription=by_query, changes={"channels": []})
    assert not by_query.channels.exists()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("", [("mock", "pending"), ("webhook", "pending")]),
        ("push", [("mock", "pending")]),
        ("webhook", [("webhook", "pending")]),
        ("in_app", []),
        ("chat", [("chat", "suppressed")]),
    ],
)
@pytest.mark.parametrize("is_later", [False, True])
def test_type_names_the_only_kind_besides_the_inbox(
    kind: str, expected: list[tuple[str, str]], is_later: bool
) -> None:
    ann = make_user()
    channel_of(ann, "mock")
    channel_of(ann, "webhook")
    when = NOW + timedelta(hours=is_later)
    row = notify(ann, kind=kind, release_time=when)
    assert not (is_later and states())
    fan_out_due(when)
    assert states() == expected
    row.refresh_from_db()
    assert row.status == (expected[0][1] if expected else "delivered")
    assert [d.reason for d in Delivery.objects.all()] == [
        "no_channel" if state == "suppressed" else "" for _, state in expected
    ]


def test_recipient_without_sign_in_is_reached_though_he_never_subscribed() -> None:
    given = {"email": "robot@example.org"}
    user, _ = recipients.put_recipient(name="robot", addresses=given, fields={}, now=NOW)
    channel_of(user)
    notify(user)
    assert ("mock", "pending") in states()


def test_channel_that_was_switched_off_and_on_is_ready_again() -> None:
    phone = make_phone(make_user())
    for enabled in (False, True):
        change(channel=phone, enabled=enabled)
        phone.refresh_from_db()
        assert phone.is_ready is enabled
