import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW, make_source, make_topic
from notifications import fanout, lanes, services
from notifications.models import Event, Inbox, Lane, Notification
from notifications.tests.factories import (
    announce,
    follow,
    ids_of,
    make_event,
    make_followers,
    told_of,
)
from subscriptions.models import Subscription

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 3)


@pytest.fixture
def two_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LARGE", 4)


def end_lease(event: Event) -> None:
    Lane.objects.filter(event=event).update(leased_until=NOW)


def claimed(event: Event) -> Lane:
    assert lanes.open_due(NOW)
    lane = lanes.claim(NOW)
    assert lane
    assert lane.event == event
    return lane


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 10])
def test_fan_out_tells_everybody_once_whatever_the_chunks(count: int) -> None:
    topic = make_topic()
    users = make_followers(count, topic)
    make_followers(2, make_topic())
    event = make_event(topic=topic)
    assert fanout.fan_out_due(NOW) == count
    assert told_of(event) == ids_of(users)
    event.refresh_from_db()
    assert event.fanned_out_at == NOW
    assert not Lane.objects.exists()
    assert fanout.fan_out_due(NOW) == 0


@pytest.mark.usefixtures("small_chunks")
def test_fan_out_tells_followers_of_topic_and_source_once() -> None:
    topic, source = make_topic(), make_source()
    users = [make_user() for _ in range(9)]
    for number, user in enumerate(users):
        follow(user, *([topic], [source], [topic, source])[number % 3])
    event = make_event(topic=topic, source=source)
    fanout.fan_out_due(NOW)
    assert told_of(event) == ids_of(users)


@pytest.mark.usefixtures("small_chunks")
def test_fan_out_counts_inboxes_up_when_events_follow_each_other() -> None:
    topic, other = make_topic(), make_topic()
    users = make_followers(4, topic)
    follow(users[0], other)
    events = [make_event(topic=topic), make_event(topic=other), make_event(topic=topic)]
    fanout.fan_out_due(NOW)
    inboxes = Inbox.objects.order_by("user_id").values_list("revision", "unread")
    assert list(inboxes) == [(3, 3), (2, 2), (2, 2), (2, 2)]
    rows = Notification.objects.filter(user=users[0]).order_by("revision")
    assert list(rows.values_list("event_id", "revision", "created_revision", "is_unread")) == [
        (event.pk, number, number, True) for number, event in enumerate(events, 1)
    ]
    assert {row.created_at for row in rows} == {NOW}


def test_fan_out_goes_on_from_the_revision_when_an_inbox_was_changed() -> None:
    topic = make_topic()
    (user,) = make_followers(1, topic)
    make_event(topic=topic)
    fanout.fan_out_due(NOW)
    services.mark_read(user=user, now=NOW)
    event = make_event(topic=topic)
    fanout.fan_out_due(NOW)
    assert Notification.objects.get(event=event).created_revision == 3
    assert Inbox.objects.values_list("revision", "unread").get() == (3, 1)


@pytest.mark.usefixtures("small_chunks", "two_lanes")
@pytest.mark.parametrize("count", [4, 5, 6, 7, 12, 30])
def test_fan_out_tells_everybody_once_in_lanes_when_the_audience_is_large(count: int) -> None:
    topic = make_topic()
    users = make_followers(count, topic)
    event = make_event(topic=topic)
    assert lanes.open_due(NOW) == 1
    assert Lane.objects.count() == (1 if count <= 4 else 2)
    assert lanes.open_due(NOW) == 0
    assert fanout.fan_out_due(NOW) == count
    assert told_of(event) == ids_of(users)
    event.refresh_from_db()
    assert (event.fanned_out_at, Lane.objects.exists()) == (NOW, False)


@pytest.mark.usefixtures("small_chunks", "two_lanes")
def test_event_is_told_when_its_last_lane_is() -> None:
    topic = make_topic()
    users = make_followers(12, topic)
    event = make_event(topic=topic)
    first = claimed(event)
    second = lanes.claim(NOW)
    assert second
    assert fanout.fan_out(second, NOW) + fanout.fan_out_due(NOW) < 12
    assert not Event.objects.get().fanned_out_at
    fanout.fan_out(first, NOW)
    assert Event.objects.get().fanned_out_at == NOW
    assert told_of(event) == ids_of(users)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("statement", ["_EMPTY_CHUNK", "_FILL_CHUNK", "_LOOK_AT_CHUNK", "_TELL"])
def test_fan_out_goes_on_after_the_last_whole_chunk_when_it_was_killed(
    statement: str,
) -> None:
    topic = make_topic()
    users = make_followers(8, topic)
    event = make_event(topic=topic)
    killing = kill_after(getattr(fanout, statement), occurrence=2)
    with connection.execute_wrapper(killing), pytest.raises(Killed):
        fanout.fan_out_due(NOW)
    assert told_of(event) == ids_of(users[:3])
    assert Counter(Inbox.objects.values_list("revision", "unread")) == {(1, 1): 3}
    assert fanout.fan_out_due(NOW) == 0  # somebody may still be at it
    end_lease(event)
    assert fanout.fan_out_due(NOW) == 5
    assert told_of(event) == ids_of(users)
    assert Counter(Inbox.objects.values_list("revision", "unread")) == {(1, 1): 8}


def kill_after(statement: str, *, occurrence: int) -> Callable[..., object]:
    """End the process when the database has executed this statement so often."""
    begin = statement.split("{")[0].strip()
    left = [occurrence]

    def send(execute: Callable[..., object], sql: str, *rest: object) -> object:
        result = execute(sql, *rest)
        left[0] -= sql.strip().startswith(begin)
        if not left[0]:
            raise Killed
        return result

    return send


@pytest.mark.usefixtures("small_chunks")
def test_fan_out_writes_nothing_when_the_event_was_taken_over() -> None:
    topic = make_topic()
    users = make_followers(5, topic)
    event = make_event(topic=topic)
    slept = claimed(event)
    fanout._tell_chunk(slept, NOW)
    end_lease(event)
    assert fanout.fan_out_due(NOW) == 2
    with pytest.raises(lanes.LeaseLostError):
        fanout.fan_out(slept, NOW)
    assert told_of(event) == ids_of(users)
    assert Counter(Inbox.objects.values_list("revision", "unread")) == {(1, 1): 5}


@pytest.mark.usefixtures("small_chunks")
def test_fan_out_tells_the_others_when_one_event_fails(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, broken = make_topic(), make_topic()
    make_followers(1, topic)
    make_followers(1, broken)
    first, second = make_event(topic=broken), make_event(topic=topic)
    tell_chunk = fanout._tell_chunk

    def fail(lane: Lane, now: object) -> int:
        if lane.event == first:
            raise RuntimeError("the database is away")
        return tell_chunk(lane, NOW)

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(fanout, "_tell_chunk", fail)
        assert fanout.fan_out_due(NOW) == 1
    assert len(told_of(second)) == 1
    assert caplog.messages == ["event not fanned out"]
    end_lease(first)
    fanout.fan_out_due(NOW)
    first.refresh_from_db()
    assert first.fanned_out_at == NOW


def test_fan_out_leaves_an_event_alone_when_it_is_not_released() -> None:
    topic = make_topic()
    make_followers(1, topic)
    event = make_event(topic=topic, release_time=NOW + timedelta(seconds=1))
    assert fanout.fan_out_due(NOW) == 0
    assert fanout.fan_out_due(NOW + timedelta(seconds=1)) == 1
    assert len(told_of(event)) == 1


def test_fan_out_ends_with_nobody_told_when_an_event_has_neither_topic_nor_source() -> None:
    make_followers(1, make_topic())
    event = make_event()
    assert fanout.fan_out_due(NOW) == 0
    event.refresh_from_db()
    assert event.fanned_out_at == NOW


def test_fan_out_leaves_out_who_is_not_active() -> None:
    topic = make_topic()
    users = make_followers(3, topic)
    User.objects.filter(pk=users[1].pk).update(is_active=False)
    event = make_event(topic=topic)
    fanout.fan_out_due(NOW)
    assert told_of(event) == ids_of([users[0], users[2]])


@pytest.mark.usefixtures("small_chunks")
def test_fan_out_leaves_out_who_left_before_the_chunk_came() -> None:
    topic = make_topic()
    users = make_followers(7, topic)
    event = make_event(topic=topic)
    lane = claimed(event)
    fanout._tell_chunk(lane, NOW)
    Subscription.objects.filter(user__in=[users[0], users[4]]).delete()
    fanout.fan_out(lane, NOW)
    assert told_of(event) == ids_of(users[:4] + users[5:])


def test_fan_out_goes_on_at_once_with_what_widens_an_event_that_nobody_wants() -> None:
    topic = make_topic()
    [user] = make_followers(1, topic)
    unwanted = make_event(source=make_source())
    wanted = make_event(topic=topic, told_as=unwanted)
    assert fanout.fan_out_due(NOW) == 1
    assert Notification.objects.get().user == user
    assert not Event.objects.filter(fanned_out_at=None).exists()
    assert wanted.told_as == unwanted


@pytest.mark.usefixtures("small_chunks")
def test_widening_waits_until_the_first_event_is_told() -> None:
    topic = make_topic()
    users = make_followers(5, topic)
    first = make_event(topic=topic)
    make_event(topic=topic, told_as=first)
    lane = claimed(first)
    fanout._tell_chunk(lane, NOW)
    assert fanout.fan_out_due(NOW) == 0
    fanout.fan_out(lane, NOW)
    assert fanout.fan_out_due(NOW) == 0
    assert told_of(first) == ids_of(users)
    assert not Event.objects.filter(fanned_out_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks", "two_lanes")
def test_fan_out_tells_everybody_once_when_workers_run_side_by_side() -> None:
    topic = make_topic()
    users = make_followers(20, topic)
    events = [make_event(topic=topic) for _ in range(3)]
    for _ in range(3):
        announce(make_source(topic=topic), "https://example.org/a")
    assert sum(side_by_side(3, lambda: fanout.fan_out_due(NOW))) == 4 * 20
    assert [told_of(event) for event in events] == [ids_of(users)] * 3
    assert set(Inbox.objects.values_list("revision", "unread")) == {(4, 4)}
    revisions = Notification.objects.values_list("user_id", "created_revision")
    assert set(revisions) == {(user.pk, number) for user in users for number in (1, 2, 3, 4)}


@pytest.mark.django_db(transaction=True)
def test_fan_out_tells_everybody_once_when_events_widen_one_at_once() -> None:
    topic = make_topic()
    users = make_followers(20, topic)
    first = make_event(fanned_out_at=NOW)
    for _ in range(3):
        make_event(topic=topic, told_as=first)
    assert sum(side_by_side(3, lambda: fanout.fan_out_due(NOW))) == 20
    assert told_of(first) == ids_of(users)


def side_by_side(count: int, work: Callable[[], int]) -> list[int]:
    """Do the same in several threads that begin together, each with its own connection."""
    barrier, results = threading.Barrier(count), list[int]()

    def begin() -> None:
        barrier.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
