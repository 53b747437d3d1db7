"""Proving an address: codes by real letters, and everything that must not prove one."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.timezone import now

from accounts.tests.factories import client_of, make_user
from news.tests.factories import NOW
from newsnotify.lib.ratelimit import memory
from newsnotify.lib.tests.mail_servers import MailServer
from newsnotify.lib.throttling import TooMany
from notifications import asking, channels, proofs
from notifications.models import Channel, Proof
from notifications.proofs import ProofError
from notifications.transports.base import Outcome, Result

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


@pytest.fixture
def server(settings: LazySettings) -> Iterator[MailServer]:
    memory.clear()
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def add(address: str = ADDRESS, language: str = "en") -> Channel:
    channel, _ = channels.add(
        user=make_user(language=language), kind="email", given={"address": address}, now=NOW
    )
    return channel


def send(moment: datetime = NOW) -> int:
    return asking.send_due(lambda: moment)


def code_in(server: MailServer) -> str:
    found = re.search(r"\b\d{6}\b", str(server.mails[-1]["Subject"]))
    assert found
    return found[0]


def token_in(server: MailServer) -> str:
    body = server.mails[-1].get_body(("plain",))
    assert body
    link = re.search(r"^http\S+/channels/verify\?\S+", body.get_content(), re.MULTILINE)
    assert link
    return dict(parse_qsl(urlsplit(link[0]).query))["token"]


def is_verified(channel: Channel) -> bool:
    channel.refresh_from_db()
    return channel.verified_at is not None


def test_code_in_the_letter_verifies_and_nothing_else_was_sent(server: MailServer) -> None:
    channel = add(language="ru")
    assert not is_verified(channel)
    assert (send(), send()) == (1, 0)
    (letter,) = server.mails
    assert letter["To"] == ADDRESS
    assert code_in(server) in letter["Subject"]
    assert "is your code" not in letter["Subject"]
    proofs.prove(channel, code_in(server), NOW + timedelta(minutes=29))
    assert is_verified(channel)
    proofs.prove(channel, "again", NOW)  # is fine


def test_code_may_be_typed_with_spaces(server: MailServer) -> None:
    channel = add()
    send()
    proofs.prove(channel, f" {code_in(server)[:3]} {code_in(server)[3:]} ", NOW)
    assert is_verified(channel)


def test_table_has_no_code(server: MailServer) -> None:
    channel = add()
    send()
    row = Proof.objects.filter(channel=channel).values().get()
    assert code_in(server) not in str(row)


def test_code_is_over_after_half_an_hour_and_after_five_tries(server: MailServer) -> None:
    channel = add()
    send()
    right = code_in(server)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    with pytest.raises(ProofError, match="over"):
        proofs.prove(channel, right, NOW + proofs.GOOD_FOR)
    for _ in range(proofs.TRIES):
        with pytest.raises(ProofError, match="not the code"):
            proofs.prove(channel, wrong, NOW)
    with pytest.raises(ProofError, match="too often"):
        proofs.prove(channel, right, NOW)
    assert not is_verified(channel)


def test_another_code_ends_the_one_before(server: MailServer) -> None:
    channel = add()
    send()
    former, former_token = code_in(server), token_in(server)
    proofs.ask(channel, NOW)
    send()
    assert code_in(server) != former
    with pytest.raises(ProofError):
        proofs.prove(channel, former, NOW)
    with pytest.raises(ProofError):
        proofs.prove_by_link(former_token, NOW)
    proofs.prove(channel, code_in(server), NOW)


def test_code_of_one_channel_is_none_of_another(server: MailServer) -> None:
    first = add()
    send()
    code = code_in(server)
    second = add("bob@example.org")
    send()
    if code_in(server) != code:
        with pytest.raises(ProofError):
            proofs.prove(second, code, NOW)
    proofs.prove(first, code, NOW)


@pytest.mark.parametrize("is_limited", [True, False])
def test_codes_are_counted(server: MailServer, settings: LazySettings, is_limited: bool) -> None:
    settings.RATE_LIMITS = is_limited
    channel = add()
    for _ in range(proofs.CODES - 1):
        proofs.ask(channel, NOW)
    with pytest.raises(TooMany):
        proofs.ask(channel, NOW)
    if not is_limited:
        proofs.ask(channel, NOW + proofs.WITHIN)


def test_address_is_not_flooded_by_making_channels_anew(
    server: MailServer, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = True
    for _ in range(5):
        add().delete()
    with pytest.raises(TooMany):
        add()
    assert not Channel.objects.filter(address=ADDRESS).exists()


def test_link_asks_before_it_verifies_and_needs_no_sign_in(server: MailServer) -> None:
    moment = now()
    channel, _ = channels.add(
        user=make_user(), kind="email", given={"address": ADDRESS}, now=moment
    )
    send(moment)
    path = f"/channels/verify?token={token_in(server)}"
    assert Client().get(path).status_code == 200
    assert not is_verified(channel)
    assert "is verified" in Client().post(path).content.decode()
    assert is_verified(channel)
    assert Client().post(path).status_code == 200  # again is fine


@pytest.mark.parametrize("token", ["", "x", "a:b:c"])
def test_link_of_nobody_proves_nothing(token: str) -> None:
    for call in (Client().get, Client().post):
        assert call(f"/channels/verify?token={token}").status_code == 400


def test_letter_is_sent_again_when_the_server_asks_for_patience(server: MailServer) -> None:
    channel = add()
    server.refusals[ADDRESS] = "451 come back later"
    assert send() == 0
    channel.refresh_from_db()
    assert channel.last_error == "451 come back later"
    server.refusals.clear()
    assert send() == 0  # not before it is due
    assert send(NOW + timedelta(seconds=10)) == 1
    channel.refresh_from_db()
    assert channel.last_error == ""


def test_letter_is_given_up_when_nobody_is_there(server: MailServer) -> None:
    channel = add()
    server.refusals[ADDRESS] = "550 5.1.1 no such person"
    send()
    server.refusals.clear()
    assert send(NOW + timedelta(minutes=20)) == 0
    channel.refresh_from_db()
    assert channel.last_error == "550 5.1.1 no such person"


def test_letter_of_a_worker_that_was_killed_is_sent_by_another(server: MailServer) -> None:
    add()
    (dead,) = asking._claim(NOW)
    assert send() == 0
    later = NOW + asking.LEASE
    assert send(later) == 1
    assert server.mails[0]["Message-ID"].startswith(f"<{proofs.question_of(dead).id}@")
    asking._record(dead, Outcome(Result.RETRY), later)  # it wakes up, too late
    assert send(later + timedelta(minutes=1)) == 0


def test_api_verifies_refuses_and_sends_again(server: MailServer, settings: LazySettings) -> None:
    ann = make_user()
    client = client_of(ann)
    made = client.post("/api/v1/channels", {"kind": "email", "address": ADDRESS}).json()
    path = f"/api/v1/channels/{made['id']}"
    assert (made["verified"], made["address"]) == (False, ADDRESS)
    again = client.post("/api/v1/channels", {"kind": "email", "address": ADDRESS.upper()})
    assert again.status_code == 400
    assert client.post(f"{path}/test").status_code == 409
    assert client.post(f"{path}/verify/resend").status_code == 202
    asking.send_due(lambda: Proof.objects.get().expires_at - proofs.GOOD_FOR)
    refused = client.post(f"{path}/verify", {"code": "x"})
    assert (refused.status_code, set(refused.json())) == (400, {"code"})
    assert client.post(f"{path}/verify", {}).status_code == 400
    answer = client.post(f"{path}/verify", {"code": code_in(server)})
    assert (answer.status_code, answer.json()["verified"]) == (200, True)
    settings.RATE_LIMITS = True
    asked = [client.post("/api/v1/channels", {"kind": "email", "address": f"{n}@a.org"})
             for n in range(11)]  # fmt: skip
    assert (asked[-1].status_code, int(asked[-1]["Retry-After"]) > 0) == (429, True)


def test_sms_is_refused_with_a_reason_when_it_is_not_offered(settings: LazySettings) -> None:
    settings.SMS_URL = ""
    given = {"kind": "sms", "address": "+4915112345678"}
    answer = client_of(make_user()).post("/api/v1/channels", given)
    assert (answer.status_code, set(answer.json())) == (400, {"kind"})
