"""`manage.py doctor`: a line for each thing, with the remedy where it fails."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from accounts.models import Heartbeat
from newsnotify.doctor import CHECKS, examine, mail, servers, setting
from newsnotify.tests.certificates import Authority
from newsnotify.tests.servers import RedisServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_beside(settings: LazySettings, tmp_path: Path) -> None:
    settings.REDIS_URL, settings.CELERY_BROKER_URL = "", "memory://"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.DATA_DIR, settings.EMAIL_URL = tmp_path, ""
    settings.SECRET_KEY = "k" * 32
    settings.PUBLIC_URL = "https://news.example.org"
    settings.ALLOWED_HOSTS = ["news.example.org"]
    settings.ALLOWED_ORIGINS = ["https://news.example.org"]
    settings.IS_HTTPS = True


def found(name: str) -> tuple[str, str]:
    finding = dict(examine())[name]
    return finding.status, str(finding)


def test_doctor_ends_well_with_a_line_each_when_nothing_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert [line[6:21].strip() for line in lines] == list(CHECKS)
    assert {line[:4].strip() for line in lines} == {"ok", "note"}


def test_doctor_exits_with_1_when_something_fails(
    settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SECRET_KEY = "short"
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert "SECRET_KEY has 5 bytes; make it 32 bytes or longer, and random" in line
    assert "short" not in line


def test_remedy_is_named_when_redis_is_away(settings: LazySettings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://:secret-word@127.0.0.1:1/0"
    findings = dict(examine())
    for name in ("cache", "broker", "clock"):
        assert findings[name].status == "FAIL"
        assert findings[name].remedy
        assert "secret-word" not in str(findings[name])
    assert "check REDIS_URL" in findings["cache"].remedy
    assert "check CELERY_BROKER_URL" in findings["broker"].remedy


def test_redis_is_fine_when_messages_come_back(settings: LazySettings) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = settings.CELERY_BROKER_URL = redis.url
        cache = {"BACKEND": "newsnotify.lib.cache.ForgivingCache", "LOCATION": redis.url}
        layer = {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis.url]},
        }
        settings.CACHES, settings.CHANNEL_LAYERS = {"default": cache}, {"default": layer}
        for check in (servers.cache, servers.channel_layer, servers.broker, servers.clock):
            assert check().status == "ok"


def test_migrations_fail_when_one_is_missing() -> None:
    with connection.cursor() as cursor:
        newest = "SELECT MAX(name) FROM django_migrations WHERE app = 'accounts'"
        cursor.execute(newest)
        [name] = cursor.fetchone()
        rename = "UPDATE django_migrations SET name = %s WHERE app = 'accounts' AND name = %s"
        cursor.execute(rename, ["x", name])
        try:
            assert servers.migrations().remedy == "run: python manage.py migrate"
        finally:
            cursor.execute(rename, [name, "x"])
    assert servers.migrations().status == "ok"


@pytest.mark.parametrize(
    ("parts", "status", "text"),
    [
        ([], "note", "nothing runs now"),
        ([["web", "worker", "beat"]], "ok", "1 web, 1 worker, 1 beat"),
        ([["web"], ["worker"]], "FAIL", "start with: celery -A newsnotify beat"),
        ([["web"], ["beat"]], "FAIL", "start with: celery -A newsnotify worker"),
        ([["worker"], ["beat"], ["beat"]], "FAIL", "let only one beat run"),
    ],
)
def test_processes_are_counted(parts: list[list[str]], status: str, text: str) -> None:
    for number, names in enumerate(parts):
        fields = {"parts": dict.fromkeys(names, now().isoformat()), "beaten_at": now()}
        Heartbeat.objects.create(process=f"host:{number}", **fields)
    finding = servers.processes()
    assert finding.status == status
    assert text in str(finding)


def test_debug_fails_where_others_come(settings: LazySettings) -> None:
    settings.DEBUG = True
    assert setting.keys().remedy == "set DEBUG=0 where others come"
    settings.PUBLIC_URL = "http://localhost:8000"
    assert setting.keys().status == "ok"


@pytest.mark.parametrize(
    ("name", "value", "status", "text"),
    [
        ("ALLOWED_HOSTS", ["other.example"], "FAIL", "add news.example.org to ALLOWED_HOSTS"),
        ("ALLOWED_ORIGINS", [], "FAIL", "add https://news.example.org to ALLOWED_ORIGINS"),
        ("IS_HTTPS", False, "note", "sends passwords in the clear"),
        ("PUBLIC_URL", "https://news.example.org", "ok", "https://news.example.org"),
    ],
)
def test_addresses_have_to_fit_together(
    settings: LazySettings, name: str, value: object, status: str, text: str
) -> None:
    setattr(settings, name, value)
    finding = setting.addresses()
    assert finding.status == status
    assert text in str(finding)


def test_data_fails_when_the_folder_cannot_be_made(settings: LazySettings) -> None:
    settings.DATA_DIR = Path("/dev/null/var")
    status, text = found("data")
    assert status == "FAIL"
    assert "make DATA_DIR a folder that this process may write" in text


@pytest.mark.parametrize(("days", "status"), [(90, "ok"), (10, "FAIL"), (-1, "FAIL")])
def test_certificate_fails_before_it_ends(
    settings: LazySettings, tmp_path: Path, days: int, status: str
) -> None:
    issued = Authority(tmp_path).issue("news.example.org", ends=timedelta(days=days))
    settings.TLS_CERT_FILE, settings.TLS_KEY_FILE = issued.certificate, issued.key
    assert setting.tls().status == status


def test_certificate_fails_when_the_key_is_another_s(
    settings: LazySettings, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    settings.TLS_CERT_FILE = authority.issue("news.example.org").certificate
    settings.TLS_KEY_FILE = authority.issue("other.example.org").key
    with pytest.raises(ssl.SSLError):
        setting.tls()
    status, text = found("tls")
    assert status == "FAIL"
    assert "belong together" in text


@pytest.fixture
def mail_server() -> Iterator[int]:
    """A server that greets one caller and answers its EHLO."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(b"220 mail.example.org ESMTP\r\n")
                caller.recv(1024)
                caller.sendall(b"250 mail.example.org\r\n")
                caller.recv(1024)
                caller.sendall(b"221 bye\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_mail_server_is_fine_when_it_greets(settings: LazySettings, mail_server: int) -> None:
    settings.EMAIL_URL = f"smtp://me:secret-word@127.0.0.1:{mail_server}"
    assert mail.mail().text == f"127.0.0.1:{mail_server} greets"


def test_mail_fails_without_a_secret_when_nobody_listens(settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://me:secret-word@127.0.0.1:1"
    status, text = found("mail")
    assert status == "FAIL"
    assert "check EMAIL_URL" in text
    assert "secret-word" not in text
    with pytest.raises((OSError, smtplib.SMTPException)):
        mail.mail()


def test_mail_goes_into_files_when_no_server_is_named(settings: LazySettings) -> None:
    assert str(settings.DATA_DIR / "mail") in mail.mail().text


def test_push_says_that_it_is_not_used_yet(settings: LazySettings) -> None:
    assert "nothing is pushed" in setting.push().text
    settings.VAPID_PRIVATE_KEY = "key"
    assert "VAPID_PRIVATE_KEY is set" in setting.push().text


@pytest.mark.parametrize(
    ("service", "is_https", "text"),
    [
        ("", True, "set EMAIL_WEBHOOK_SECRET, and have postmark call /webhooks/email/postmark"),
        ("postmark", False, "put https:// into PUBLIC_URL"),
        ("postmark", True, "tells what became of it at /webhooks/email/postmark"),
    ],
)
def test_mail_service_is_noted_with_the_way_it_tells_what_became_of_letters(
    settings: LazySettings, service: str, is_https: bool, text: str
) -> None:
    settings.EMAIL_URL = "postmark://secret-token"
    settings.EMAIL_WEBHOOK_SERVICE, settings.IS_HTTPS = service, is_https
    finding = mail.mail()
    assert finding.status == "note"
    assert text in str(finding)
    assert "secret-token" not in str(finding)
