import email
from email.message import EmailMessage
from email.policy import default

import pytest
from django.conf import LazySettings
from django.core.mail import BadHeaderError

from newsnotify.lib.letters import Letter, message

HOSTILE = "Breaking\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script> \u202edetrever\0"


def parsed(letter: Letter) -> EmailMessage:
    """Read a letter as the reader's program does."""
    raw = message(letter, "ann@example.org", "<one@example.org>").message().as_bytes()
    found = email.message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body
    return str(body.get_content())


def test_letter_says_the_same_as_text_and_as_html(settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://news.example.org"
    url = "https://news.example.org/account/verify?token=a:b-c_d&x=1"
    mail = parsed(Letter("Hello", ("One.", "Two."), action="Press", url=url, closing="Bye."))
    assert part(mail, "plain") == (
        f"One.\n\nTwo.\n\nPress:\n{url}\n\nBye.\n\n-- \nNewsNotify, https://news.example.org\n\n"
    )
    html = part(mail, "html")
    for words in ("<h1", "Hello", "One.", "Two.", "Press", "Bye.", url.replace("&", "&amp;")):
        assert words in html
    assert (mail["To"], mail["Subject"]) == ("ann@example.org", "Hello")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<one@example.org>", "auto-generated")


def test_letter_has_no_header_and_no_markup_of_a_stranger() -> None:
    mail = parsed(Letter(HOSTILE, (HOSTILE,), action=HOSTILE, url="https://a.example/"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == ("Breaking Bcc: all@example.org <script>alert(1)</script> detrever")
    assert "<script" not in part(mail, "html")
    assert "&lt;script&gt;alert(1)" in part(mail, "html")


@pytest.mark.parametrize("subject", ["Новости", "x" * 500, "=?utf-8?q?Bcc=3A?=", ""])
def test_subject_comes_whole_when_it_is_odd(subject: str) -> None:
    assert message(Letter(subject, ()), "ann@example.org", "<1@a>").subject == subject
    assert parsed(Letter(subject, ()))["To"] == "ann@example.org"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_letter_is_not_sent_when_its_address_has_a_line_end(end: str) -> None:
    with pytest.raises(BadHeaderError):
        message(Letter("Hello", ()), f"ann@example.org{end}Bcc: all@example.org", "<1@a>").message()
