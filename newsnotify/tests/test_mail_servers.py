import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.mail import get_connection, send_mail

from newsnotify.lib.tests.mail_servers import MailServer
from newsnotify.mail_servers import server
from newsnotify.tests.certificates import Authority


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.lan", ("mail.lan", 587, "", "", False, False)),
        ("smtp://mail.lan:25", ("mail.lan", 25, "", "", False, False)),
        ("smtp://me:p%40ss@mail.example.org", ("mail.example.org", 587, "me", "p@ss", False, True)),
        ("smtp://me@127.0.0.1:1025", ("127.0.0.1", 1025, "me", "", False, False)),
        ("smtp://me:pw@127.0.0.1:587?starttls=1", ("127.0.0.1", 587, "me", "pw", False, True)),
        ("smtp://me:pw@mail.lan:25?starttls=0", ("mail.lan", 25, "me", "pw", False, False)),
        ("smtps://me:pw@mail.example.org", ("mail.example.org", 465, "me", "pw", True, False)),
        ("smtps://[::1]:4650", ("::1", 4650, "", "", True, False)),
    ],
)
def test_url_names_a_mail_server(url: str, expected: tuple[object, ...]) -> None:
    backend, *rest = asdict(server(url)).values()
    assert backend == "django.core.mail.backends.smtp.EmailBackend"
    assert tuple(rest) == (*expected, {})


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("", "django.core.mail.backends.filebased.EmailBackend"),
        ("console://", "django.core.mail.backends.console.EmailBackend"),
        ("postmark://TOKEN", "anymail.backends.postmark.EmailBackend"),
    ],
)
def test_url_names_another_way(url: str, backend: str) -> None:
    assert server(url).backend == backend


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sendgrid://SG.a-b_C.d", {"SENDGRID_API_KEY": "SG.a-b_C.d"}),
        (
            "sendgrid://KEY?region=eu",
            {"SENDGRID_API_KEY": "KEY", "SENDGRID_API_URL": "https://api.eu.sendgrid.com/v3/"},
        ),
        (
            "mailgun://key-Ab@mg.example.org",
            {"MAILGUN_API_KEY": "key-Ab", "MAILGUN_SENDER_DOMAIN": "mg.example.org"},
        ),
        ("postmark://ToKen-1", {"POSTMARK_SERVER_TOKEN": "ToKen-1"}),
        ("ses://", {"AMAZON_SES_CLIENT_PARAMS": {}}),
        (
            "ses://AKIA:sec%2Fret@eu-west-1",
            {
                "AMAZON_SES_CLIENT_PARAMS": {
                    "aws_access_key_id": "AKIA",
                    "aws_secret_access_key": "sec/ret",
                    "region_name": "eu-west-1",
                }
            },
        ),
    ],
)
def test_url_says_whose_customer_of_a_mail_service_we_are(
    url: str, told: dict[str, object]
) -> None:
    service = server(url).service
    assert service.pop("REQUESTS_TIMEOUT")
    assert service == told


@pytest.mark.parametrize(
    "url", ["mailgun://key", "postmark://t?region=eu", "sendgrid://k?region=moon", "ses://?x=1"]
)
def test_url_of_a_mail_service_is_refused_when_it_cannot_be_meant(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        server(url)


@pytest.mark.parametrize("query", ["starttls=yes", "tls=1", "starttls"])
def test_url_is_refused_when_it_asks_for_what_is_not_known(query: str) -> None:
    with pytest.raises(ValueError, match=r"starttls|tls"):
        server(f"smtp://mail.example.org?{query}")


def send(url: str) -> None:
    named = server(url)
    with get_connection(
        named.backend,
        host=named.host,
        port=named.port,
        username=named.user,
        password=named.password,
        use_tls=named.is_starttls,
        use_ssl=named.is_tls,
    ) as connection:
        send_mail("Hello", "Words.", "us@example.org", ["ann@example.org"], connection=connection)


@pytest.fixture
def taker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    issued = authority.issue("127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.certificate, issued.key)
    with MailServer(tls=tls, login=("me", "p@ss word")) as taker:
        yield taker


def test_mail_is_taken_by_a_server_that_asks_for_tls_and_a_password(taker: MailServer) -> None:
    send(f"smtp://me:p%40ss%20word@127.0.0.1:{taker.port}?starttls=1")
    assert [mail["Subject"] for mail in taker.mails] == ["Hello"]


def test_mail_is_kept_when_the_password_is_wrong(taker: MailServer) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(f"smtp://me:wrong@127.0.0.1:{taker.port}?starttls=1")
    assert taker.mails == []
