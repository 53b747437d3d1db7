"""Many articles of one source within minutes: the first at once, then a list of the others."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings as ours
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import make_user
from news.models import Source
from news.tests.factories import NOW, make_source
from newsnotify.lib.outbound_policy import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from notifications import bursts, claims, holding, replaying, services
from notifications.bundles import MOST
from notifications.deliver import deliver_due
from notifications.ledger import balance
from notifications.models import Attempt, Delivery, Notification
from notifications.tests.bursting import publish, titles, told
from notifications.tests.delivering import (
    Scripted,
    deliver,
    log_of,
    make_phone,
    make_webhook,
    notify,
    spoken_by,
)
from notifications.tests.factories import follow
from notifications.transports.base import Outcome, Result, Size
from subscriptions.preferences import set_preferences

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State
DONE = Outcome(Result.DELIVERED)
FAILS = Outcome(Result.RETRY, 503, "It answered 503.")
MINUTE = timedelta(minutes=1)
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=NOW.tzinfo)
MORNING = datetime(2026, 3, 3, 7, 0, tzinfo=NOW.tzinfo)


@pytest.fixture
def source() -> Source:
    return make_source()


@pytest.fixture
def ann(source: Source) -> User:
    ann = make_user("ann@example.org")
    follow(ann, source)
    make_phone(ann)
    return ann


@pytest.fixture
def phone() -> Iterator[Scripted]:
    phone = Scripted(DONE)
    with spoken_by(phone):
        yield phone


def waiting() -> list[tuple[str, datetime | None]]:
    rows = Delivery.objects.filter(due_at__isnull=False).order_by("pk")
    return [(row.reason, row.due_at) for row in rows]


def test_first_comes_at_once_and_what_follows_within_minutes_as_one_list(
    ann: User, source: Source, phone: Scripted
) -> None:
    publish(source, "a", NOW)
    assert deliver(NOW) == 1
    for number in (1, 4, 9):
        publish(source, f"b {number}", NOW + number * MINUTE)
        assert deliver(NOW + number * MINUTE) == 0
    due_at = NOW + bursts.SPAN
    assert waiting() == [("source_burst", due_at)] * 3
    assert (deliver(due_at - MINUTE), deliver(due_at)) == (0, 1)
    assert told(phone) == [["a"], ["b 1", "b 4", "b 9"]]
    assert [parcel.size for parcel in phone.parcels] == [Size.ONE, Size.BUNDLE]
    held = Delivery.objects.exclude(parcel="")
    assert {log for row in held for log in [tuple(log_of(row))]} == {("held", "delivered")}
    publish(source, "c", due_at + bursts.SPAN)
    assert deliver(due_at + bursts.SPAN) == 1, "it has been quiet for so long: again at once"


def test_what_is_due_at_the_same_moment_goes_together_at_once(
    ann: User, source: Source, phone: Scripted
) -> None:
    for number in range(7):
        publish(source, f"a {number}", NOW)
    assert (deliver(NOW), len(phone.parcels[0].items)) == (1, 7)
    assert len({row.parcel for row in Delivery.objects.all()}) == 1
    assert balance(NOW).difference == 0


def test_night_of_news_comes_as_one_list_per_source_also_from_beyond_what_is_leased(
    ann: User, source: Source, phone: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.deliver.HELD", 2)
    monkeypatch.setattr("notifications.deliver.BATCH", 1)
    other = make_source()
    follow(ann, other)
    set_preferences(
        user=ann, changes={"delivery": {"quiet_hours": {"from": "22:00", "until": "07:00"}}}
    )
    for number in range(4):
        publish(source, f"a {number}", NIGHT)
        publish(other, f"b {number}", NIGHT)
    assert (deliver(NIGHT), deliver(MORNING)) == (0, 2)
    assert sorted(told(phone)) == [[f"{name} {number}" for number in range(4)] for name in "ab"]


def test_sources_and_channels_wait_each_for_themselves(ann: User, source: Source) -> None:
    other, bob, phone = make_source(), make_user(), Scripted(DONE)
    follow(ann, other)
    follow(bob, source)
    publish(source, "a", NOW)
    with spoken_by(phone):
        assert deliver(NOW) == 1
    make_phone(bob, "later")
    make_phone(ann, "second")
    publish(source, "b", NOW + MINUTE)
    publish(other, "c", NOW + MINUTE)
    with spoken_by(phone):
        assert deliver(NOW + MINUTE) == 4
    assert [reason for reason, _ in waiting()] == ["source_burst"]
    assert sorted(told(phone)) == [["a"], ["b"], ["b"], ["c"], ["c"]]


@pytest.mark.parametrize("priority", ["high", "critical"])
def test_urgent_news_does_not_wait_and_goes_by_itself(
    ann: User, source: Source, phone: Scripted, priority: str
) -> None:
    publish(source, "a", NOW)
    deliver(NOW)
    publish(source, "b", NOW + MINUTE)
    publish(source, "fire", NOW + MINUTE, priority=priority)
    assert deliver(NOW + MINUTE) == 1
    assert told(phone) == [["a"], ["fire"]]
    publish(source, "flood", NOW + bursts.SPAN, priority=priority)
    assert deliver(NOW + bursts.SPAN) == 2, "b has waited its time, whatever came meanwhile"


def test_machines_want_each(ann: User, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "OUTBOUND_POLICY", OutboundPolicy.parse("127.0.0.1"))
    with Server() as server:
        server.respond = lambda _: Answer()
        make_webhook(ann, server)
        for number in range(3):
            publish(source, f"a {number}", NOW)
        with spoken_by(Scripted(DONE)):
            deliver(NOW)
        assert len(server.requests) == 3
        with CaptureQueriesContext(connection) as asked:
            rows = list(Delivery.objects.filter(kind="webhook").select_related(*claims.NEEDED))
            bursts.Bursts().look(rows, NOW)
        assert len(asked) == 1, "nothing is asked for what nobody reads"


def test_a_batch_is_looked_at_in_two_statements(ann: User, source: Source) -> None:
    for number in range(4):
        publish(source, f"a {number}", NOW)
    rows = claims.claim(NOW, 10)
    with CaptureQueriesContext(connection) as asked:
        bursts.Bursts().look(rows, NOW)
    assert (len(rows), len(asked)) == (4, 2)


def test_tests_of_a_channel_and_addressed_news_are_as_they_were(
    ann: User, source: Source, phone: Scripted
) -> None:
    publish(source, "a", NOW)
    deliver(NOW)
    for _ in range(3):
        notify(ann, NOW + MINUTE)
    assert deliver(NOW + MINUTE) == 3
    assert {len(parcel.items) for parcel in phone.parcels} == {1}


def test_who_wants_each_article_by_itself_gets_it_so(
    ann: User, source: Source, phone: Scripted
) -> None:
    set_preferences(user=ann, changes={"delivery": {"one_by_one": True}})
    for number in range(3):
        publish(source, f"a {number}", NOW)
    assert deliver(NOW) == 3


def test_list_counts_as_one_message_against_a_limit(
    ann: User, source: Source, phone: Scripted
) -> None:
    set_preferences(
        user=ann, changes={"delivery": {"limits": {"push": {"count": 2, "minutes": 60}}}}
    )
    for number in range(5):
        publish(source, f"a {number}", NOW)
    assert deliver(NOW) == 1
    notify(ann, NOW)
    notify(ann, NOW)
    assert deliver(NOW) == 1
    publish(source, "b", NOW + MINUTE)
    deliver(NOW + MINUTE)
    deliver(NOW + bursts.SPAN)
    assert {reason for reason, _ in waiting()} == {"limit"}
    assert deliver(NOW + timedelta(hours=1)) == 1
    assert titles(phone.parcels[-1])[-1] == "b"


def test_digest_is_not_parted(ann: User, source: Source, phone: Scripted) -> None:
    set_preferences(user=ann, changes={"delivery": {"digest": {"mode": "hourly"}}})
    other = make_source()
    follow(ann, other)
    soon = NOW + MINUTE
    for number, each in enumerate((source, other, source)):
        publish(each, f"a {number}", soon)
    assert (deliver(soon), deliver(NOW + timedelta(hours=1))) == (0, 1)
    assert (phone.parcels[0].size, len(phone.parcels[0].items)) == (Size.DIGEST, 3)


def test_member_that_was_read_is_left_out_and_says_so(
    ann: User, source: Source, phone: Scripted
) -> None:
    for number in range(3):
        publish(source, f"a {number}", NOW)
    second = Notification.objects.get(event__title="a 1")
    services.mark_read(user=ann, ids=[second.pk], now=NOW)
    assert deliver(NOW) == 1
    assert told(phone) == [["a 0", "a 2"]]
    left = Delivery.objects.get(notification=second)
    assert (left.state, left.reason, left.parcel, log_of(left)) == (
        "suppressed",
        "read",
        "",
        ["suppressed"],
    )


def test_list_that_failed_is_the_same_one_the_next_time(
    ann: User, source: Source, phone: Scripted
) -> None:
    phone.outcomes = [FAILS, DONE]
    for number in range(3):
        publish(source, f"a {number}", NOW)
    deliver(NOW)
    publish(source, "b", NOW + MINUTE)
    deliver(NOW + bursts.SPAN)
    deliver(NOW + 2 * bursts.SPAN)
    first, second = [parcel for parcel in phone.parcels if len(parcel.items) > 1]
    assert (first.id, titles(first)) == (second.id, titles(second))
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 4


def test_what_was_tried_or_sent_once_more_keeps_its_own_id(
    ann: User, source: Source, phone: Scripted
) -> None:
    phone.outcomes = [Outcome(Result.FAILED), DONE]
    publish(source, "a", NOW)
    deliver(NOW)
    name = phone.parcels[0].id
    assert replaying.replay(Delivery.objects.all(), actor="admin 1", now=NOW) == 1
    for number in range(2):
        publish(source, f"b {number}", NOW)
    assert deliver(NOW) == 2
    assert {parcel.id for parcel in phone.parcels if titles(parcel) == ["a"]} == {name}
    assert sorted(told(phone)) == [["a"], ["a"], ["b 0", "b 1"]]


def test_what_is_on_its_way_counts_as_told(ann: User, source: Source, phone: Scripted) -> None:
    publish(source, "a", NOW)
    claims.begin(claims.claim(NOW, 10), NOW)  # somebody else does, and has not come back
    publish(source, "b", NOW)
    assert deliver(NOW) == 0
    assert ("source_burst", NOW + bursts.SPAN) in waiting()


def test_what_another_worker_has_leased_goes_along_and_not_twice(
    ann: User, source: Source, phone: Scripted
) -> None:
    publish(source, "a", NOW)
    theirs = claims.claim(NOW, 10)
    publish(source, "b", NOW)
    assert deliver(NOW) == 1
    assert told(phone) == [["a", "b"]]
    assert claims.begin(theirs, NOW) == [], "it was taken from him before it was on its way"


def test_what_this_worker_has_waiting_goes_along_and_not_twice(
    ann: User, source: Source, phone: Scripted
) -> None:
    [first] = _leased(source, "a")
    [second] = _leased(source, "b")
    taken = Delivery.objects.get(pk=first.pk)
    Delivery.objects.filter(pk=first.pk).update(lease=second.lease)
    taken.lease = second.lease
    ours = claims.begin([first, second, taken], NOW)
    assert [(row.pk, row.lease) for row in ours] == [(r.pk, r.lease) for r in (second, taken)]


def test_parcel_has_a_bound_and_the_rest_is_another(
    ann: User, source: Source, phone: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST >= 100
    monkeypatch.setattr("notifications.bundles.MOST", 3)
    for number in range(5):
        publish(source, f"a {number}", NOW)
    assert deliver(NOW) == 2
    assert sorted(len(parcel.items) for parcel in phone.parcels) == [2, 3]
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 5


def test_held_once_more_for_the_same_reason_is_not_logged_again(
    ann: User, source: Source, phone: Scripted
) -> None:
    set_preferences(
        user=ann, changes={"delivery": {"quiet_hours": {"from": "00:00", "until": "00:00"}}}
    )
    publish(source, "a", NOW)
    deliver(NOW)
    deliver(NOW + holding.ASK_AGAIN)
    assert [row.result for row in Attempt.objects.all()] == ["held"]


def _leased(source: Source, title: str) -> list[Delivery]:
    publish(source, title, NOW)
    return claims.claim(NOW, 10)


def test_clock_that_stands_still_is_no_reason_to_ask_for_ever(
    ann: User, source: Source, phone: Scripted
) -> None:
    publish(source, "a", NOW)
    publish(source, "b", NOW)
    assert deliver_due(lambda: NOW) == 1
    assert deliver_due(lambda: NOW) == 0
