"""The channels page, without scripts, and the link that stops letters."""

import re
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from news.tests.factories import NOW
from newsnotify.lib.ratelimit import memory
from notifications import asking, channels, proofs, unsubscribing
from notifications.models import Channel, Delivery
from notifications.transports import details

pytestmark = pytest.mark.django_db
DISCORD = f"discord://1234567890/{'a' * 40}"


@pytest.fixture
def ann(client: Client) -> User:
    memory.clear()
    ann = make_user()
    client.force_login(ann)
    return ann


def add(client: Client, kind: str, **fields: str) -> Channel:
    assert client.post("/settings/channels", {"kind": kind, **fields}).status_code in {200, 302}
    return Channel.objects.latest("pk")


def press(client: Client, channel: Channel, action: str, **fields: str) -> str:
    answer = client.post(f"/settings/channels/{channel.pk}/{action}", fields, follow=True)
    return answer.content.decode()


def test_email_is_added_and_verified_by_its_code(client: Client, ann: User) -> None:
    channel = add(client, "email", address="ann@example.org", label="Work")
    asking.send_due(lambda: channel.proof.due_at or NOW)
    (letter,) = mail.outbox
    page = client.get("/settings/channels").content.decode()
    assert "Not verified yet" in page
    assert "Code of six digits" in page
    assert "not the code" in press(client, channel, "verify", code="x")
    found = re.search(r"\d{6}", str(letter.subject))
    assert found
    assert "Notifications go there" in press(client, channel, "verify", code=found[0])
    assert "Code of six digits" not in client.get("/settings/channels").content.decode()


def test_secret_of_a_webhook_is_shown_once(client: Client, ann: User) -> None:
    answer = client.post("/settings/channels", {"kind": "webhook", "url": "https://a.example/x"})
    (secret,) = re.findall(r"whsec_[\w+/=]+", answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get("/settings/channels").content.decode()
    renewed = press(client, Channel.objects.get(), "secret")
    assert secret not in renewed
    assert "whsec_" in renewed


def test_chat_is_shown_without_what_opens_it(client: Client, ann: User) -> None:
    add(client, "chat", url=DISCORD)
    page = client.get("/settings/channels").content.decode()
    assert "Discord" in page
    assert "a" * 40 not in page


def test_channel_is_tried_switched_and_removed(client: Client, ann: User) -> None:
    channel = add(client, "chat", url=DISCORD)
    assert "A test is on its way" in press(client, channel, "test")
    assert Delivery.objects.get().channel == channel
    assert "Switched off" in press(client, channel, "switch", off="1")
    press(client, channel, "test")
    assert Delivery.objects.count() == 1
    assert "Switched off" not in press(client, channel, "switch", on="1")
    assert "Removed" in press(client, channel, "remove")
    assert not Channel.objects.exists()


def test_account_s_own_channel_stays(client: Client, ann: User) -> None:
    channels.follow_account(ann)
    own = Channel.objects.get()
    assert "Remove" not in client.get("/settings/channels").content.decode()
    press(client, own, "remove")
    assert Channel.objects.get() == own


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("email", {"address": "nobody"}, "valid e-mail"),
        ("email", {}, "required"),
        ("chat", {"url": "json://10.0.0.1/"}, "none of the services"),
        ("webhook", {"url": "ftp://a.example"}, "http"),
    ],
)
def test_form_says_what_is_wrong(
    client: Client, ann: User, kind: str, fields: dict[str, str], reason: str
) -> None:
    answer = client.post("/settings/channels", {"kind": kind, **fields})
    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert not Channel.objects.exists()


@pytest.mark.parametrize("kind", ["", "sms", "mock", "nonsense"])
def test_kind_that_the_page_does_not_offer_is_not_there(
    client: Client, ann: User, settings: LazySettings, kind: str
) -> None:
    settings.SMS_URL = ""
    assert "Phone number" not in client.get("/settings/channels").content.decode()
    answer = client.post("/settings/channels", {"kind": kind, "address": "+4915112345678"})
    assert answer.status_code == 404


def test_sms_is_offered_when_a_service_is_named(
    client: Client, ann: User, settings: LazySettings
) -> None:
    settings.SMS_URL = "json://127.0.0.1:9/{to}"
    channel = add(client, "sms", address="+49 151 12345678")
    assert (channel.address, channel.verified_at) == ("+4915112345678", None)


@pytest.mark.parametrize("action", ["verify", "ask", "test", "switch", "secret", "remove"])
def test_channel_of_somebody_else_is_not_there(client: Client, ann: User, action: str) -> None:
    theirs, _ = channels.add(user=make_user(), kind="chat", given={"url": DISCORD}, now=NOW)
    assert client.post(f"/settings/channels/{theirs.pk}/{action}").status_code == 404
    assert client.get(f"/settings/channels/{theirs.pk}/{action}").status_code == 302
    theirs.refresh_from_db()
    assert theirs.is_enabled


def test_too_many_codes_are_refused_with_a_page(
    client: Client, ann: User, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = True
    channel = add(client, "email", address="ann@example.org")
    answers = [client.post(f"/settings/channels/{channel.pk}/ask") for _ in range(proofs.CODES)]
    assert [answer.status_code for answer in answers] == [302] * (proofs.CODES - 1) + [429]


def letter_channel() -> Channel:
    return Channel.objects.create(
        user=make_user(), kind="email", address="ann@example.org", verified_at=NOW
    )


def stop_path(channel: Channel) -> str:
    link = urlsplit(unsubscribing.link(channel))
    return f"{link.path}?{link.query}"


def test_link_stops_letters_by_post_alone(settings: LazySettings) -> None:
    channel = letter_channel()
    stranger = Client(enforce_csrf_checks=True)  # a mail program has no cookie of ours
    page = stranger.get(stop_path(channel)).content.decode()
    assert page.count("<form") == page.count("<button") == 1
    channel.refresh_from_db()
    assert channel.is_enabled
    posted = stranger.post(stop_path(channel), {"List-Unsubscribe": "One-Click"})
    assert (posted.status_code, "No more e-mails" in posted.content.decode()) == (200, True)
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.disabled_reason) == (False, details.STOPPED)
    assert stranger.post(stop_path(channel)).status_code == 200  # again is fine


def test_link_is_over_when_its_channel_has_another_address() -> None:
    channel = letter_channel()
    path = stop_path(channel)
    Channel.objects.update(address="bob@example.org")
    assert Client().post(path).status_code == 400
    channel.refresh_from_db()
    assert channel.is_enabled


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_link_of_nobody_stops_nothing(token: str) -> None:
    assert Client().post(f"/channels/stop?token={token}").status_code == 400
