"""Letters on their way: from a row through a real SMTP server into a postbox."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils.timezone import now

from accounts import mailing
from accounts.models import OutgoingMail, User
from accounts.tests.factories import make_user
from newsnotify.lib.tests.mail_servers import MailServer

pytestmark = pytest.mark.django_db
Kind = OutgoingMail.Kind
State = OutgoingMail.State


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


@pytest.fixture
def server(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def come_due() -> None:
    OutgoingMail.objects.filter(state=State.WAITING).update(due_at=now())


def test_letter_arrives_and_its_row_says_so(server: MailServer, ann: User) -> None:
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    assert mailing.send_due() == 1
    (letter,) = server.mails
    assert (letter["To"], letter["Subject"]) == ("ann@example.org", "Confirm your e-mail address")
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts, row.reason) == (State.SENT, 1, "")
    assert mailing.send_due() == 0


def test_letters_wait_while_the_server_is_away_and_arrive_when_it_is_back(
    server: MailServer, ann: User
) -> None:
    server.stop()
    for kind in (Kind.VERIFY, Kind.PASSWORD_CHANGED):
        mailing.post(kind, "ann@example.org", ann)
    for _ in range(3):
        assert mailing.send_due() == 0
    rows = OutgoingMail.objects.all()
    assert {row.state for row in rows} == {State.WAITING}
    assert all("ConnectionRefusedError" in row.reason for row in rows)
    assert all(row.due_at > now() for row in rows)

    server.start()
    assert mailing.send_due() == 0  # not before it is due
    come_due()
    assert mailing.send_due() == 2
    assert len(server.mails) == 2


def test_wait_doubles_up_to_an_hour_and_ends_after_a_day(server: MailServer, ann: User) -> None:
    server.stop()
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    waits = []
    while OutgoingMail.objects.filter(state=State.WAITING).exists():
        come_due()
        before = now()
        mailing.send_due()
        waits.append(OutgoingMail.objects.get().due_at - before)
    seconds = [round(wait.total_seconds() / 30) * 30 for wait in waits[:-1]]
    assert seconds[:4] == [30, 60, 120, 240]
    assert timedelta(hours=20) < timedelta(seconds=sum(seconds)) < timedelta(hours=28)
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == (State.FAILED, mailing.ATTEMPTS)


def test_asking_again_makes_a_waiting_letter_due_and_no_second_one(
    server: MailServer, ann: User
) -> None:
    server.stop()
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    mailing.send_due()
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    server.start()
    assert mailing.send_due() == 1
    assert OutgoingMail.objects.count() == 1


def test_letter_fails_for_good_when_the_server_knows_no_such_person(
    server: MailServer, ann: User
) -> None:
    server.refusals["ann@example.org"] = "550 no such person"
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    assert mailing.send_due() == 0
    row = OutgoingMail.objects.get()
    assert (row.state, row.reason) == (State.FAILED, "550 no such person")


def test_letter_is_tried_again_when_the_server_asks_for_patience(
    server: MailServer, ann: User
) -> None:
    server.refusals["ann@example.org"] = "451 come back later"
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    mailing.send_due()
    server.refusals.clear()
    come_due()
    assert mailing.send_due() == 1


def test_one_letter_that_cannot_be_written_holds_up_no_other(server: MailServer, ann: User) -> None:
    OutgoingMail.objects.create(kind="nonsense", address="ann@example.org", user=ann)
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    assert mailing.send_due() == 1
    assert "nonsense" in OutgoingMail.objects.get(kind="nonsense").reason


def test_letter_of_a_worker_that_was_killed_is_sent_by_another(
    server: MailServer, ann: User
) -> None:
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    dead = mailing._claim(now())
    assert dead
    assert mailing.send_due() == 0
    OutgoingMail.objects.update(leased_until=now())
    assert mailing.send_due() == 1
    mailing._postpone(dead, TimeoutError())  # it wakes up, and has nothing more to say
    assert OutgoingMail.objects.get().state == State.SENT
    assert server.mails[0]["Message-ID"] == mailing._message_id(dead)


def verified(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email_verified_at=now())


def moved(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="new@example.org")


def closed(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def gone(user: User) -> None:
    user.delete()


@pytest.mark.parametrize("change", [verified, moved, closed, gone])
def test_letter_is_forgotten_when_it_means_nothing_any_more(
    server: MailServer, ann: User, change: Callable[[User], None]
) -> None:
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    change(ann)
    assert mailing.send_due() == 0
    assert not OutgoingMail.objects.exists()
    assert server.mails == []


def test_nothing_is_written_to_an_address_that_is_nobodys(server: MailServer) -> None:
    mailing.post(Kind.RESET_PASSWORD, "nobody@example.org")
    assert mailing.send_due() == 0
    assert not OutgoingMail.objects.exists()


def test_nobody_is_flooded(server: MailServer, ann: User) -> None:
    for _ in range(mailing.MOST + 3):
        mailing.post(Kind.RESET_PASSWORD, "ann@example.org")
        mailing.send_due()
    assert len(server.mails) == mailing.MOST
    assert OutgoingMail.objects.filter(state=State.DROPPED).count() == 3


def test_letter_is_in_the_language_of_its_reader() -> None:
    ann = make_user("ann@example.org", language="ru")
    mailing.post(Kind.VERIFY, "ann@example.org", ann)
    mailing.send_due()
    (letter,) = mail.outbox
    assert isinstance(letter, EmailMultiAlternatives)
    assert '<html lang="ru">' in str(letter.alternatives[0][0])


@pytest.mark.parametrize("kind", list(Kind))
def test_every_letter_can_be_written(ann: User, kind: Kind) -> None:
    User.objects.update(new_email="new@example.org")
    address = "new@example.org" if kind == Kind.CHANGE_EMAIL else "ann@example.org"
    mailing.post(kind, address, ann)
    assert mailing.send_due() == 1
    assert mail.outbox[0].to == [address]


def test_letters_are_forgotten_a_week_after_they_are_done_with(ann: User) -> None:
    old = now() - mailing.KEEP - timedelta(seconds=1)
    for state in State:
        for moment in (old, now()):
            OutgoingMail.objects.create(
                kind=Kind.VERIFY, address="a@example.org", state=state, created_at=moment
            )
    assert mailing.prune(now()) == 3
    assert OutgoingMail.objects.filter(created_at=old).get().state == State.WAITING
