"""E-mail, from a parcel through a real SMTP server into a postbox."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError

from newsnotify.lib.tests.mail_servers import MailServer
from newsnotify.tests.certificates import Authority
from notifications.tests.transports.parcels import item, parcel
from notifications.transports.base import Outcome, Parcel, Result, Size
from notifications.transports.email import Email
from notifications.transports.proving import Question

HOSTILE = 'Ann\r\nBcc: all@example.org <img src=x onerror="alert(1)"> \u202eksim & "q"'


@pytest.fixture
def server(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.PUBLIC_URL = "https://news.example"
        yield server


@pytest.fixture
def email() -> Iterator[Email]:
    email = Email()
    yield email
    email.close()


def send(email: Email, *parcels: Parcel) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        return await asyncio.gather(*(email.send(each) for each in parcels))

    return asyncio.run(all_of_them())


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part
    text: str = part.get_content()
    return text


def test_notification_arrives_as_text_and_html_with_all_that_lists_need(
    server: MailServer, email: Email
) -> None:
    assert send(email, parcel()) == [Outcome(Result.SENT)]
    (mail,) = server.mails
    assert mail["To"] == "ann@example.org"
    assert mail["Subject"] == "Water found on the Moon 1"
    assert mail["Message-ID"] == "<msg_1@news.example>"
    assert mail["List-Unsubscribe"] == "<https://news.example/unsubscribe?token=abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        for words in (
            "A probe saw ice",
            "https://news.example/inbox/1",
            "https://paper.example/moon",
            "https://news.example/unsubscribe?token=abc",
        ):
            assert words in body(mail, kind)
    assert "4 Mar, 13:00" in body(mail, "html")  # of the reader's clock


def test_many_become_one_letter_with_a_list_and_an_end(server: MailServer, email: Email) -> None:
    items = [item(number) for number in range(1, 61)]
    assert send(email, parcel(*items))[0].result == Result.SENT
    (mail,) = server.mails
    assert mail["Subject"] == "The Paper: 60 new articles"
    for kind in ("plain", "html"):
        text = body(mail, kind)
        links = set(re.findall(r"https://news\.example/inbox/\d+", text))
        assert len(links) == 50
        assert "and 10 more in your inbox" in text


@pytest.mark.parametrize(
    ("items", "size", "language", "subject"),
    [
        ((item(1), item(2)), Size.BUNDLE, "ru", "The Paper: 2 новые статьи"),
        ((item(1), item(2, source_title="B")), Size.BUNDLE, "en", "2 new articles"),
        ((item(1), item(2, source_title="")), Size.BUNDLE, "ru", "2 новых уведомления"),
        ((item(1),), Size.DIGEST, "ru", "Ваша подборка: 1 новая статья"),
        (
            tuple(item(n, source_title="") for n in range(5)),
            Size.DIGEST,
            "ru",
            "Ваша подборка: 5 уведомлений",
        ),
    ],
)
def test_letter_is_in_its_reader_s_language(
    server: MailServer,
    email: Email,
    items: tuple[object, ...],
    size: Size,
    language: str,
    subject: str,
) -> None:
    send(email, parcel(*items, size=size, language=language))  # type: ignore[arg-type]
    (mail,) = server.mails
    assert mail["Subject"].strip() == subject  # Python leaves the fold's space to who reads
    assert f'<html lang="{language}">' in body(mail, "html")
    assert ("Stop these e-mails" in body(mail, "plain")) is (language == "en")


def test_words_of_strangers_are_words(server: MailServer, email: Email) -> None:
    hostile = item(title=HOSTILE, message=HOSTILE, topic=HOSTILE, source_title=HOSTILE)
    many = parcel(hostile, item(2, title=HOSTILE, source_title=HOSTILE), id="msg_2")
    assert [one.result for one in send(email, parcel(hostile), many)] == [Result.SENT] * 2
    for mail in server.mails:
        assert mail["Bcc"] is None
        assert mail.get_all("To") == ["ann@example.org"]
        assert "\u202e" not in mail["Subject"]
        assert "\n" not in mail["Subject"]
        assert "<img" not in body(mail, "html")


def test_urgent_letter_says_so(server: MailServer, email: Email) -> None:
    send(email, parcel(item(priority="critical")))
    assert server.mails[0]["Importance"] == "high"
    assert "Critical" in body(server.mails[0], "html")


def test_code_is_all_that_its_letter_has(server: MailServer, email: Email) -> None:
    question = Question(
        "code-1", {"address": "ann@example.org"}, "042042", "https://news.example/x", "en", 30
    )
    assert asyncio.run(email.ask(question)).result == Result.SENT
    (mail,) = server.mails
    assert mail["Subject"] == "042042 is your code for NewsNotify"
    assert mail["Message-ID"] == "<code-1@news.example>"
    assert mail["List-Unsubscribe"] is None
    assert "https://news.example/x" in body(mail, "plain")


def test_letters_in_a_row_share_connections(server: MailServer, email: Email) -> None:
    parcels = [parcel(id=f"msg_{number}") for number in range(40)]
    assert {outcome.result for outcome in send(email, *parcels)} == {Result.SENT}
    assert len({mail["Message-ID"] for mail in server.mails}) == 40
    assert 1 <= len(server.peers) <= email.at_once


def test_letter_goes_over_a_new_connection_when_the_server_closed_the_old(
    server: MailServer, email: Email
) -> None:
    send(email, parcel())
    server.stop()
    assert send(email, parcel())[0].is_provider
    server.start()
    assert send(email, parcel())[0].result == Result.SENT


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        ("550 5.1.1 no such person", Result.GONE, 550),
        ("550 no such person", Result.GONE, 550),
        ("554 5.7.1 you are on a list", Result.FAILED, 554),
        ("552 5.2.2 mailbox full", Result.RETRY, 552),
        ("451 come back later", Result.RETRY, 451),
    ],
)
def test_refused_recipient_is_told_apart(
    server: MailServer, email: Email, answer: str, result: Result, code: int
) -> None:
    server.refusals["ann@example.org"] = answer
    (outcome,) = send(email, parcel())
    assert (outcome.result, outcome.status_code, outcome.detail) == (result, code, answer)
    assert not outcome.is_provider


@pytest.mark.parametrize(
    ("answer", "result", "is_provider"),
    [
        ("554 looks like spam", Result.FAILED, False),
        ("451 try again", Result.RETRY, False),
        ("421 closing", Result.RETRY, True),
        ("hang up", Result.RETRY, True),
        ("hang", Result.RETRY, True),
    ],
)
def test_letter_that_is_not_taken_is_tried_again_unless_it_is_refused_for_good(
    server: MailServer,
    email: Email,
    settings: LazySettings,
    answer: str,
    result: Result,
    is_provider: bool,
) -> None:
    settings.EMAIL_TIMEOUT = 1 if answer == "hang" else 10
    server.answers.append(answer)
    (outcome,) = send(email, parcel())
    assert (outcome.result, outcome.is_provider) == (result, is_provider)
    assert send(email, parcel())[0].result == Result.SENT
    assert len(server.mails) == 1


def test_attempt_that_is_given_up_leaves_no_thread_behind(
    server: MailServer, email: Email, settings: LazySettings
) -> None:
    settings.EMAIL_TIMEOUT = 60
    server.answers += ["hang"] * email.at_once

    async def give_up() -> None:
        sending = [asyncio.create_task(email.send(parcel())) for _ in range(email.at_once)]
        while server.answers:
            await asyncio.to_thread(server.answered.wait)
            server.answered.clear()
        for each in sending:
            each.cancel()
        await asyncio.gather(*sending, return_exceptions=True)

    asyncio.run(give_up())
    assert send(email, parcel())[0].result == Result.SENT  # a thread is free for it


def test_wrong_password_is_the_server_s_fault_and_no_letter_s(
    email: Email, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    issued = authority.issue("127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate, issued.key)
    with MailServer(tls=tls, login=("me", "right")) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER = True, "me"
        settings.EMAIL_HOST_PASSWORD = "wrong"
        (outcome,) = send(email, parcel())
        assert (outcome.result, outcome.is_provider) == (Result.RETRY, True)
        settings.EMAIL_HOST_PASSWORD = "right"
        assert send(email, parcel())[0].result == Result.SENT


@pytest.mark.parametrize("given", ["", "nobody", "a@b", "a@example.org\nBcc: b@example.org", None])
def test_address_is_refused_when_it_is_none(email: Email, given: object) -> None:
    with pytest.raises(ValidationError) as refused:
        email.clean({"address": given})
    assert set(refused.value.message_dict) == {"address"}


def test_address_is_kept_in_lower_case(email: Email) -> None:
    assert email.clean({"address": " Ann@Example.org "}).shown == "ann@example.org"
