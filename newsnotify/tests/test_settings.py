"""The settings as a process meets them: each test starts processes of its own."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.anywhere

BASE = settings.BASE_DIR
KEY = "k" * 50
SHOW = "import json; from django.conf import settings; print(json.dumps(settings.{}, default=str))"


def start(folder: Path, *code: str, **variables: str) -> subprocess.Popen[str]:
    """Start Python with these variables and no others of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environ = {
        **kept,
        "DJANGO_SETTINGS_MODULE": "newsnotify.settings",
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder),
        **variables,
    }
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *code],
        cwd=BASE,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(folder: Path, *code: str, **variables: str) -> tuple[int, str, str]:
    process = start(folder, *code, **variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def setting(folder: Path, name: str, **variables: str) -> object:
    code, out, err = run(folder, "-c", SHOW.format(name), **variables)
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DEBUG", "perhaps", "1 or 0"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PUBLIC_URL", "news.example.org", "https://news.example.org"),
        ("ALLOWED_ORIGINS", "news.example.org", "origins such as https://"),
        ("TLS_CERT_FILE", "/nowhere.pem", "the path of an existing file"),
        ("TLS_KEY_FILE", __file__, "TLS_CERT_FILE"),
        ("DATABASE_URL", "postgres://host/db", "mysql://user:password@host:3306/database"),
        ("REDIS_URL", "redis//h", "redis://host:6379/0"),
        ("CELERY_BROKER_URL", "sqs://queue", "amqp://user:password@host"),
        ("TRUSTED_PROXIES", "two", "a whole number from 0 to 10"),
        ("WS_ALLOW_QUERY_TOKEN", "2", "1 or 0"),
        ("REQUIRE_LOGIN", "x", "1 or 0"),
        ("RATE_LIMITS", "x", "1 or 0"),
        ("OPEN_INGEST", "x", "1 or 0"),
        ("SEED_SOURCES", "x", "1 or 0"),
        ("ACCESS_TOKEN_MINUTES", "0", "a whole number from 1 to 1440"),
        ("OUTBOUND_ALLOW", "http://host", "comma-separated CIDRs and hosts"),
        ("CRAWL_MIN_INTERVAL_SECONDS", "0", "a whole number from 1 to 86400"),
        ("DEMO_GENERATOR_SECONDS", "-1", "a whole number from 0 to 86400"),
        ("EMAIL_URL", "mail://host", "smtp://user:password@host:587"),
        ("EMAIL_FROM", "nobody", "news@example.org"),
        ("SMS_URL", "twilio://host", "an Apprise URL with {to}"),
        ("SMS_URL", "nonsense://host/{to}", "twilio://SID:TOKEN@FROM/{to}"),
        ("OIDC_ISSUER", "login", "https://login.example.org"),
        ("OIDC_CLIENT_ID", "me", "OIDC_ISSUER"),
        ("VAPID_SUBJECT", "me", "mailto:you@example.org"),
        ("KAFKA_URL", "host:9092", "kafka://host:9092"),
        ("KAFKA_TOPIC", "news", "KAFKA_URL"),
        ("AMQP_INTAKE_URL", "http://host", "amqp://user:password@host"),
        ("AMQP_INTAKE_QUEUE", "news", "AMQP_INTAKE_URL"),
        ("LOG_LEVEL", "loud", "one of debug, error, info, warning"),
        ("LOG_FORMAT", "xml", "one of json, text"),
    ],
)
def test_start_is_refused_in_one_line_when_a_variable_is_wrong(
    name: str, value: str, remedy: str, tmp_path: Path
) -> None:
    code, out, err = run(tmp_path, "manage.py", "up", **{"SECRET_KEY": KEY, name: value})
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert name in err
    assert remedy in err
    assert value in err or "not set" in err


def test_start_says_so_when_django_is_set_up_without_manage(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, "-c", "import django; django.setup()", PORT="many")
    assert code != 0
    assert "PORT: 'many' is not usable; expected a whole number" in err


def test_every_variable_of_the_example_is_read_and_the_other_way_round() -> None:
    source = (BASE / "newsnotify" / "settings.py").read_text()
    named = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source))
    example = (BASE / ".env.example").read_text()
    assert named == set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE))


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"])
def test_secret_key_is_required_when_other_processes_need_it_too(name: str, tmp_path: Path) -> None:
    url = {"DATABASE_URL": "sqlite:///x/y.sqlite3"}.get(name, "redis://127.0.0.1:1/0")
    code, _, err = run(tmp_path, "manage.py", "check", **{name: url})
    assert code == 2
    assert err == "SECRET_KEY: not set; expected a long random text, the same in every process\n"


def test_secret_key_is_made_once_when_nothing_is_configured(tmp_path: Path) -> None:
    made = setting(tmp_path, "SECRET_KEY")
    assert isinstance(made, str)
    assert len(made) >= 50
    assert setting(tmp_path, "SECRET_KEY") == made
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_secret_key_is_the_same_when_processes_start_at_once(tmp_path: Path) -> None:
    code = "from newsnotify import settings; print(settings.SECRET_KEY)"
    processes = [start(tmp_path, "-c", code) for _ in range(4)]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert len(keys.pop().strip()) >= 50


def test_secret_key_comes_from_a_file_when_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert setting(tmp_path, "SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key")) == KEY


def test_start_names_the_folder_when_it_cannot_be_written(tmp_path: Path) -> None:
    code, _, err = run(Path("/dev/null/var"), "manage.py", "check")
    assert code == 2
    assert err.startswith("DATA_DIR: '/dev/null/var' is not usable; expected a folder")


def test_dotenv_is_read_when_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "our.env").write_text("PORT=8123 # ours\nPUBLIC_URL=https://news.example.org/\n")
    file = str(tmp_path / "our.env")
    assert setting(tmp_path, "PORT", ENV_FILE=file) == 8123
    assert setting(tmp_path, "ALLOWED_ORIGINS", ENV_FILE=file) == ["https://news.example.org"]
    assert setting(tmp_path, "SESSION_COOKIE_SECURE", ENV_FILE=file) is True


def test_broker_is_redis_when_only_redis_is_named(tmp_path: Path) -> None:
    url = "redis://127.0.0.1:1/0"
    assert setting(tmp_path, "CELERY_BROKER_URL", REDIS_URL=url, SECRET_KEY=KEY) == url


def test_host_may_be_an_ipv6_address(tmp_path: Path) -> None:
    assert setting(tmp_path, "PUBLIC_URL", HOST="::1") == "http://[::1]:8000"


def test_deployment_check_finds_nothing_when_the_public_url_is_https(tmp_path: Path) -> None:
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    code, out, err = run(tmp_path, *check, PUBLIC_URL="https://news.example.org")
    assert (code, "WARNING" in out + err) == (0, False), err
