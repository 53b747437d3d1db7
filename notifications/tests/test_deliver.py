import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now as clock
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook as Verifier

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW
from newsnotify.lib.outbound_policy import OutboundPolicy
from newsnotify.lib.tests.servers import HANG, RESET, Answer, Request, Server
from newsnotify.tests.processes import until
from notifications import carriers, channels, claims, replaying, services, withdrawal
from notifications.deliver import deliver_due
from notifications.models import Attempt, Carrier, Channel, Delivery, Event, Notification
from notifications.tests.delivering import (
    LATER,
    Scripted,
    deliver,
    log_of,
    make_phone,
    make_webhook,
    notify,
    spoken_by,
    states,
)
from notifications.transports.base import Outcome, Parcel, Result
from subscriptions.preferences import set_preferences

# Deliveries are sent by another thread, and found again by rows that are committed.
pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State
RETRY = Outcome(Result.RETRY, 503, "It answered 503.", is_provider=True)
DONE = Outcome(Result.DELIVERED)


@pytest.fixture(autouse=True)
def to_loopback(settings: Settings) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def the_delivery() -> Delivery:
    return Delivery.objects.select_related("channel", "notification").get()


def test_webhook_gets_what_was_told_signed_and_its_owner_sees_it_delivered(
    ann: User, server: Server
) -> None:
    _, secret = make_webhook(ann, server)
    row = notify(ann, clock(), title="Water on the Moon", url="https://example.org/moon")
    assert row.status == "pending"
    assert deliver(clock()) == 1
    [request] = server.requests
    told: Any = Verifier(secret).verify(request.body, dict(request.headers))
    assert told["type"] == "notification.created"
    assert (told["data"]["id"], told["data"]["title"]) == (row.pk, "Water on the Moon")
    assert request.headers["webhook-id"] == the_delivery().parcel_id
    [attempt] = Attempt.objects.all()
    assert (attempt.result, attempt.status_code, attempt.actor) == ("delivered", 200, "worker")
    row.refresh_from_db()
    assert (row.status, states()) == ("delivered", [("webhook", "delivered")])


def test_both_secrets_sign_while_one_takes_the_place_of_the_other(
    ann: User, server: Server
) -> None:
    channel, former = make_webhook(ann, server)
    fresh = channels.rotate_secret(channel=channel, now=clock())
    notify(ann, clock())
    deliver(clock())
    for secret in (former, fresh):
        Verifier(secret).verify(server.requests[0].body, dict(server.requests[0].headers))
    notify(ann, clock() + timedelta(days=2))
    deliver(clock() + timedelta(days=2))
    assert len(server.requests[1].headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize(
    ("reply", "result", "detail"),
    [
        (Answer(500), "retry", "It answered 500 Internal Server Error."),
        (Answer(302, {"Location": "https://example.org/"}), "retry", "redirects are not followed"),
        (RESET, "retry", "127.0.0.1"),
        (Answer(404), "retry", "404"),
        (Answer(422), "failed", "422"),
        (Answer(410), "gone", "410"),
    ],
)
def test_what_an_endpoint_does_wrong_is_told_in_the_log(
    ann: User, server: Server, reply: Any, result: str, detail: str
) -> None:
    server.respond = lambda _: reply
    make_webhook(ann, server, "/token-of-his")
    row = notify(ann)
    deliver()
    attempt = Attempt.objects.get()
    assert attempt.result == result
    assert detail in attempt.detail
    assert "token-of-his" not in attempt.detail + the_delivery().reason
    row.refresh_from_db()
    assert row.status == ("pending" if result == "retry" else "failed")
    assert len(server.requests) == 1


def test_hanging_endpoint_delays_nobody_else(
    ann: User, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.transports.webhook.Webhook.seconds", 3.0)
    make_webhook(ann, server)
    answered_meanwhile: list[Request] = []

    def hang(_: Request) -> Any:
        with server_of_bob:
            make_webhook(bob, server_of_bob)
            notify(bob)
            deliver()
            answered_meanwhile.extend(server_of_bob.requests)
        return HANG

    bob, server_of_bob = make_user(), Server()
    server.respond = hang
    notify(ann)
    deliver()
    hung = Delivery.objects.get(user=ann)
    assert (hung.state, len(answered_meanwhile)) == (State.RETRY, 1)
    assert "3 seconds" in hung.reason


def test_retries_come_by_the_schedule_under_the_same_id_and_then_it_is_dead(ann: User) -> None:
    make_phone(ann)
    row = notify(ann)
    with spoken_by(Scripted(RETRY)) as phone:
        assert isinstance(phone, Scripted)
        moment = NOW
        for pause in (30, 300):
            assert (deliver(moment), deliver(moment)) == (1, 0)
            due_at = the_delivery().due_at
            assert due_at
            wait = (due_at - moment).total_seconds()
            assert 0.8 * pause <= wait <= 1.2 * pause
            moment = due_at
        deliver(moment)
        assert deliver(moment + timedelta(days=9)) == 0
        assert len({parcel.id for parcel in phone.parcels}) == 1
    dead = the_delivery()
    assert (dead.state, dead.reason, dead.due_at) == (State.DEAD, "It answered 503.", None)
    assert log_of(dead) == ["retry"] * 3
    row.refresh_from_db()
    assert row.status == "failed"


def test_retry_after_is_honoured_however_it_is_written(ann: User, server: Server) -> None:
    make_webhook(ann, server)
    server.respond = lambda _: Answer(429, {"Retry-After": "7200"})
    notify(ann)
    deliver()
    assert the_delivery().due_at == NOW + timedelta(hours=2)
    server.respond = lambda _: Answer(503, {"Retry-After": "Sun, 01 Mar 2026 20:00:00 GMT"})
    deliver(NOW + timedelta(hours=2))
    assert the_delivery().due_at == NOW.replace(hour=20)


def test_gone_endpoint_is_switched_off_with_word_to_its_owner(ann: User, server: Server) -> None:
    server.respond = lambda _: Answer(410)
    channel, _ = make_webhook(ann, server)
    for number in range(2):
        notify(ann, title=f"news {number}")
    deliver()
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.disabled_reason) == (False, "It answered 410 Gone.")
    assert Event.objects.filter(title__startswith="A channel was switched off").count() == 1
    assert {state for _, state in states()} == {"dead"}
    channels.change(channel=channel, enabled=True)
    server.respond = lambda _: Answer()
    assert replaying.replay(Delivery.objects.all(), actor="user 1", now=NOW) == 2
    deliver()
    assert {state for _, state in states()} == {"delivered"}
    assert Notification.objects.filter(outcome="delivered").count() == 2


def test_endpoint_that_fails_for_five_days_is_switched_off_and_one_success_forgives(
    ann: User,
) -> None:
    phone = make_phone(ann)
    with spoken_by(Scripted(RETRY, RETRY, DONE, RETRY, RETRY)):
        for days in (0, 4, 5, 6, 10):
            notify(ann, NOW + timedelta(days=days))
            Delivery.objects.filter(state=State.RETRY).update(due_at=None, state=State.CANCELLED)
            deliver(NOW + timedelta(days=days))
        phone.refresh_from_db()
        assert phone.is_enabled
        notify(ann, NOW + timedelta(days=12))
        deliver(NOW + timedelta(days=12))
    phone.refresh_from_db()
    assert not phone.is_enabled
    assert "five days" in phone.disabled_reason


def test_provider_that_keeps_failing_is_left_alone_then_tried_by_one(ann: User) -> None:
    make_phone(ann)
    for _ in range(carriers.OPEN_AFTER + 5):
        notify(ann)
    with spoken_by(Scripted(RETRY)) as phone:
        assert isinstance(phone, Scripted)
        phone.at_once = carriers.OPEN_AFTER  # type: ignore[misc] # of this one
        assert deliver() == carriers.OPEN_AFTER
        left = Delivery.objects.filter(state=State.PENDING)
        assert left.count() == 5
        assert all("left alone" in row.reason for row in left)
        assert not left.filter(attempts__gt=0).exists()
        later = NOW + timedelta(minutes=1)
        Delivery.objects.filter(state=State.RETRY).update(due_at=None)
        assert deliver(later) == 1  # one tries; it failed, so the others wait again
        phone.outcomes = [DONE]
        assert deliver(later + timedelta(minutes=5)) >= 4
    assert not Carrier.objects.exists()


@pytest.mark.parametrize("what", ["read", "archived", "deleted", "recalled", "expired"])
def test_what_happened_meanwhile_is_looked_at_before_sending(ann: User, what: str) -> None:
    make_phone(ann)
    row = notify(ann, expires_at=NOW + LATER)
    event = Event.objects.get(pk=row.event_id)
    if what == "read":
        services.mark_read(user=ann, now=NOW)
    if what == "archived":
        services.archive(user=ann, ids=[row.pk])
    if what == "deleted":
        services.delete(user=ann, ids=[row.pk])
    if what == "recalled":
        withdrawal.withdraw_event(event=event, now=NOW)
    assert deliver(NOW + LATER if what == "expired" else NOW) == 0
    found = the_delivery()
    expected = {"deleted": "cancelled", "recalled": "cancelled", "expired": "expired"}
    assert found.state == expected.get(what, "suppressed")
    assert (log_of(found), found.ended_at is not None) == ([found.state], True)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"subscribed": False}, "unsubscribed"),
        ({"priority": ["critical"]}, "priority not wanted"),
        ({"category": ["alert"]}, "category not wanted"),
        ({"priority": ["medium"], "category": ["general"]}, ""),
    ],
)
def test_preferences_govern_what_is_addressed_outside_the_inbox(
    ann: User, wanted: dict[str, Any], reason: str
) -> None:
    make_phone(ann)
    set_preferences(user=ann, changes=wanted)
    notify(ann)
    deliver()
    assert the_delivery().reason == reason
    assert the_delivery().state == ("suppressed" if reason else "delivered")


def test_lost_worker_is_followed_by_another_who_repeats_what_can_be_repeated(ann: User) -> None:
    make_phone(ann)
    notify(ann)
    [row] = claims.claim(NOW, 10)
    assert claims.begin([row], NOW)
    assert (deliver(), the_delivery().state) == (0, State.SENDING)
    after = NOW + claims.LEASE
    with spoken_by(Scripted(DONE)) as phone:
        assert isinstance(phone, Scripted)
        assert deliver(after) == 1
        assert phone.parcels[0].id == row.parcel_id
    assert not claims.begin([row], after), "the first one overslept, and may write nothing"
    assert log_of(the_delivery()) == ["delivered"]


class Slow(Scripted):
    """A transport on which leases end: the machine slept meanwhile, or everybody was too busy."""

    def __init__(self) -> None:
        super().__init__(DONE)
        self.moment, self.looks = NOW, 0

    def clock(self) -> datetime:
        self.looks += 1
        return self.moment

    async def send(self, parcel: Parcel) -> Outcome:
        self.moment += claims.LEASE
        enough = self.looks + 9  # and with the last of them it was asked again what is due
        await asyncio.to_thread(until, lambda: self.looks > enough)
        return await super().send(parcel)


def test_nothing_goes_out_twice_when_leases_end_with_nobody_killed(ann: User) -> None:
    make_phone(ann)
    for _ in range(3):
        notify(ann)
    with spoken_by(Slow()) as slow:
        assert isinstance(slow, Slow)
        vars(slow)["at_once"] = 1  # the others wait, leased, for a place
        assert deliver_due(slow.clock) == 3
    assert len(slow.parcels) == 3
    rows = Delivery.objects.values_list("state", "attempts", "lost")
    assert [*rows] == [("delivered", 1, 0)] * 3


def test_lost_worker_leaves_what_cannot_be_repeated_to_people(ann: User) -> None:
    make_phone(ann)
    notify(ann)
    claims.begin(claims.claim(NOW, 10), NOW)
    with spoken_by(Scripted(DONE, repeats_unknown=False)) as phone:
        assert isinstance(phone, Scripted)
        assert deliver(NOW + claims.LEASE) == 0
        held = the_delivery()
        assert (held.state, held.due_at, phone.parcels) == (State.HELD, None, [])
        assert "may have been sent" in held.reason
        assert list(replaying.dead_letters()) == [held]
        replaying.replay(Delivery.objects.all(), actor="admin 1", now=NOW + LATER)
        deliver(NOW + LATER)
    assert log_of(held) == ["held", "replayed", "delivered"]


def test_payload_that_kills_its_worker_is_dead_and_nobody_beside_it(ann: User) -> None:
    make_phone(ann)
    poison, beside = notify(ann, title="poison"), notify(ann)
    moment = NOW
    for _ in range(2):
        rows = claims.claim(moment, 10)
        for row in rows:
            row.lost += row.state == State.SENDING
        claims.begin(rows, moment)
        moment += claims.LEASE
    # The third time each goes alone; the poison kills again.
    [alone] = [row for row in claims.claim(moment, 10) if row.notification_id == poison.pk]
    alone.lost += 1
    claims.begin([alone], moment)
    moment += claims.LEASE
    deliver(moment)
    by_row = {row.notification_id: row for row in Delivery.objects.all()}
    assert by_row[beside.pk].state == State.DELIVERED
    assert (by_row[poison.pk].state, by_row[poison.pk].reason) == (
        State.DEAD,
        "its worker died 3 times",
    )


def test_fault_of_ours_is_tried_again_and_told(ann: User) -> None:
    make_phone(ann)
    notify(ann)
    with spoken_by(Scripted(RuntimeError("broken"), DONE)):
        deliver()
        assert the_delivery().reason == "A fault of ours: RuntimeError."
        deliver(NOW + LATER)
    assert the_delivery().state == State.DELIVERED


def test_channel_whose_key_is_lost_fails_with_that_reason(
    ann: User, server: Server, settings: Settings
) -> None:
    make_webhook(ann, server)
    notify(ann)
    settings.SECRET_KEY = "another key than the one that sealed it"
    deliver()
    assert the_delivery().state == State.DEAD
    assert "SECRET_KEY_FALLBACKS" in the_delivery().reason


def test_busy_provider_holds_up_nobody_else(ann: User, server: Server) -> None:
    make_webhook(ann, server)
    bob = make_user()
    make_phone(bob)
    for _ in range(40):
        notify(ann)
    notify(bob)
    assert deliver() == 41
    assert set(states()) == {("webhook", "delivered"), ("mock", "delivered")}
    assert len({request.headers["webhook-id"] for request in server.requests}) == 40


def test_orphans_are_ended(ann: User) -> None:
    make_phone(ann)
    row = notify(ann)
    Event.objects.filter(pk=row.event_id).delete()
    assert deliver() == 0
    assert (the_delivery().state, the_delivery().due_at) == (State.CANCELLED, None)


def test_deleted_channel_takes_along_what_waits_for_it(ann: User) -> None:
    phone = make_phone(ann)
    row = notify(ann)
    channels.remove(channel=phone, actor="user 1", now=NOW)
    left = Delivery.objects.get()
    assert (left.state, left.channel, left.reason) == (State.CANCELLED, None, "channel deleted")
    assert Attempt.objects.get().actor == "user 1"
    row.refresh_from_db()
    assert (row.status, Channel.objects.filter(user=ann, kind="mock").count()) == ("suppressed", 0)
