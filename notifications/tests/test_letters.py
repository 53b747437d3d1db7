"""From an event to a postbox, and the link in the letter back to us."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.timezone import now

from accounts.tests.factories import make_user
from newsnotify.lib.tests.mail_servers import MailServer
from notifications.deliver import deliver_due
from notifications.models import Channel, Delivery
from notifications.posting import Producer, notify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def channel() -> Channel:
    user = make_user(language="ru")
    return Channel.objects.create(
        user=user, kind="email", address="ann@example.org", provider="email", verified_at=now()
    )


def tell(channel: Channel) -> Delivery:
    content = {"ru": {"title": "\u0427\u0430\u0441", "message": "\u0427\u0430\u0441."}}
    fields = {"title": "Water on the Moon", "message": "A probe saw it.", "content": content}
    notify(producer=Producer(), user=channel.user, fields=fields, now=now())
    deliver_due(now)
    return Delivery.objects.latest("pk")


def test_letter_comes_in_its_reader_s_words_and_its_link_stops_the_next(
    server: MailServer, channel: Channel
) -> None:
    first = tell(channel)
    assert first.state == Delivery.State.SENT
    (letter,) = server.mails
    assert letter["Subject"].strip() == "\u0427\u0430\u0441"
    assert letter["Message-ID"].startswith(f"<{first.parcel_id}@")
    link = urlsplit(str(letter["List-Unsubscribe"]).strip(" <>"))
    posted = Client(enforce_csrf_checks=True).post(
        f"{link.path}?{link.query}", {"List-Unsubscribe": "One-Click"}
    )
    assert posted.status_code == 200
    assert tell(channel) == first
    assert len(server.mails) == 1


def test_recipient_whom_the_server_does_not_know_is_written_to_once(
    server: MailServer, channel: Channel
) -> None:
    server.refusals["ann@example.org"] = "550 5.1.1 no such person"
    delivery = tell(channel)
    assert delivery.state == Delivery.State.BOUNCED
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.last_error) == (False, "550 5.1.1 no such person")


def test_letter_waits_while_the_server_is_away(server: MailServer, channel: Channel) -> None:
    server.stop()
    delivery = tell(channel)
    assert delivery.state == Delivery.State.RETRY
    server.start()
    Delivery.objects.update(due_at=now())
    deliver_due(lambda: delivery.due_at or now())
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT
