from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsnotify.env import Env, SettingError, parse_dotenv


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A = 1 ", "1"),
        ("A=", ""),
        ("A=   # the default", ""),
        ("A=one two # which", "one two"),
        ("A=redis://h/0#1", "redis://h/0#1"),
        ("A='x # y' # z", "x # y"),
        ('A="it\'s"', "it's"),
        ("A='open", "'open"),
        ("A=ключ", "ключ"),
    ],
)
def test_dotenv_value_is_read(line: str, value: str) -> None:
    assert parse_dotenv(f"# before\n{line}\n\nB=2") == {"A": value, "B": "2"}


@pytest.mark.parametrize("line", ["#A=1", "  # A=1", "A", "a=1", "1A=1"])
def test_dotenv_line_is_left_out_when_it_sets_nothing(line: str) -> None:
    assert parse_dotenv(line) == {}


def test_env_prefers_the_environment_when_the_file_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file", encoding="utf-8")
    env = Env({"A": "environment"}, tmp_path / ".env")
    assert (env.text("A"), env.text("B"), env.text("C", "default")) == (
        "environment",
        "file",
        "default",
    )


@pytest.mark.parametrize("value", ["", "   "])
def test_env_uses_the_default_when_a_variable_is_empty(value: str) -> None:
    env = Env({"A": value})
    assert env.text("A", "x") == "x"
    assert env.flag("A", default=True) is True
    assert env.number("A", 7) == 7
    assert env.items("A", ["x"]) == ["x"]
    assert env.choice("A", "x", {"x", "y"}) == "x"


def test_env_reads_a_secret_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret\n", encoding="utf-8")
    named = {"A_FILE": str(tmp_path / "key")}
    assert Env(named).text("A") == "secret"
    assert Env({**named, "A": "said"}).text("A") == "said"


def test_env_names_the_file_when_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^A_FILE: .*nowhere.*; expected the path"):
        Env({"A_FILE": str(tmp_path / "nowhere")}).text("A")


def test_env_names_the_file_when_it_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"A_FILE: .*not UTF-8"):
        Env({"A_FILE": str(tmp_path / "key")}).text("A")


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (lambda env: env.flag("A"), "Yes", True),
        (lambda env: env.flag("A", default=True), "off", False),
        (lambda env: env.number("A", 1), "0", 0),
        (lambda env: env.number("A", 1, least=1, most=65535), "65535", 65535),
        (lambda env: env.choice("A", "x", {"x", "y"}), "Y", "y"),
        (lambda env: env.items("A", []), "a, b,,", ["a", "b"]),
        (lambda env: env.url("A", "", {"redis"}, ""), "redis://h:1/0", "redis://h:1/0"),
        (lambda env: env.url("A", "", {"mailto"}, ""), "mailto:a@b", "mailto:a@b"),
        (lambda env: env.origins("A", []), "http://a,https://b:1", ["http://a", "https://b:1"]),
        (lambda env: env.address("A", ""), "N <a@b>", "N <a@b>"),
        (lambda env: env.path("A"), __file__, Path(__file__)),
    ],
)
def test_env_reads_a_value(read: Callable[[Env], Any], value: str, meaning: object) -> None:
    assert read(Env({"A": value})) == meaning


@pytest.mark.parametrize(
    ("read", "value", "remedy"),
    [
        (lambda env: env.flag("A"), "maybe", "1 or 0"),
        (lambda env: env.number("A", 1), "-1", "a whole number of at least 0"),
        (lambda env: env.number("A", 1, least=1, most=9), "10", "a whole number from 1 to 9"),
        (lambda env: env.number("A", 1), "1.5", "a whole number"),
        (lambda env: env.choice("A", "x", {"x", "y"}), "z", "one of x, y"),
        (lambda env: env.url("A", "", {"redis"}, "redis://h"), "redis//h", "redis://h"),
        (lambda env: env.url("A", "", {"redis"}, "redis://h"), "redis://", "redis://h"),
        (lambda env: env.url("A", "", {"redis"}, "redis://h"), "redis://h:0", "redis://h"),
        (lambda env: env.url("A", "", {"redis"}, "redis://h"), "redis://h:x", "redis://h"),
        (lambda env: env.url("A", "", {"redis"}, "redis://h"), "http://h", "redis://h"),
        (lambda env: env.origins("A", []), "https://a/b", "https://news.example.org"),
        (lambda env: env.origins("A", []), "*", "https://news.example.org"),
        (lambda env: env.address("A", ""), "nobody", "news@example.org"),
        (lambda env: env.path("A"), "/nowhere/at/all", "the path of an existing file"),
    ],
)
def test_env_names_variable_value_and_remedy_when_a_value_is_wrong(
    read: Callable[[Env], Any], value: str, remedy: str
) -> None:
    with pytest.raises(SettingError) as caught:
        read(Env({"A": value}))
    assert str(caught.value).startswith(f"A: '{value}' is not usable; expected ")
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "mysql://user:hush@host",
        "mysql://user:hu/s@hush@host",
        "mysql:/user:hush@host/db",
        "user:hush@host",
        "sendgird://SG.hushhushhushhushhushhush",
        "kafka://host?sasl_password=hush",
        "rediss://host:1?password=a@hush",
    ],
)
def test_error_hides_what_may_be_secret(value: str) -> None:
    message = str(SettingError("A", value, "another"))
    assert "hush" not in message
    assert message.startswith(f"A: '{value.split('/')[0].split('user:')[0]}")


def test_env_asks_for_the_rest_when_only_a_part_is_set() -> None:
    env = Env({"A": "1", "B": "1"})
    env.together("A", "B")
    env.together("C", "D")
    with pytest.raises(SettingError, match="C: not set; expected a value, because A has one"):
        env.together("A", "C")


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("SECRET_KEY", "hush", {"hush"}),
        ("SECRET_KEY_FALLBACKS", "hush, husher", {"hush", "husher"}),
        ("METRICS_TOKEN", "hush", {"hush"}),
        ("OIDC_CLIENT_SECRET", "hush", {"hush"}),
        ("DATABASE_URL", "mysql://user:hu%2Fsh@host/db", {"hu%2Fsh", "hu/sh"}),
        ("REDIS_URL", "redis://:hush@host/0", {"hush"}),
        ("KAFKA_URL", "kafka://host:9092?sasl_username=me&sasl_password=hush", {"hush"}),
        ("EMAIL_URL", "sendgrid://SG.hush", {"SG.hush"}),
        ("EMAIL_URL", "mailgun://hush@news.example.org", {"hush"}),
        ("EMAIL_URL", "smtp://mail.example.org", set()),
        ("TLS_KEY_FILE", "/etc/key.pem", set()),
        ("HOST", "127.0.0.1", set()),
    ],
)
def test_env_knows_what_of_it_is_secret(name: str, value: str, secrets: set[str]) -> None:
    env = Env({name: value, "UNREAD_KEY": "never asked for"})
    env.text(name)
    assert env.secrets() == secrets


def test_env_knows_a_secret_that_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hush\n", encoding="utf-8")
    env = Env({"SECRET_KEY_FILE": str(tmp_path / "key")})
    env.text("SECRET_KEY")
    assert env.secrets() == {"hush"}
