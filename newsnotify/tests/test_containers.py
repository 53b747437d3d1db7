"""The container files against the facts: no engine is needed to see that they fit the project."""

import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from newsnotify.tests import compose, stack
from newsnotify.tests.processes import ROOT
from newsnotify.tests.test_settings import run

BASE = compose.read("docker-compose.yml")
PRODUCTION = compose.read("docker-compose.yml", "docker-compose.prod.yml")
FILES = {"base": BASE, "production": PRODUCTION}
OURS = ["prepare", "web", "worker", "beat", "flower"]
DOCKERFILE = compose.text("Dockerfile")
EXAMPLE = set(re.findall(r"^#([A-Z_]+)=", compose.text(".env.example"), re.MULTILINE))
OF_COMPOSE = {"MYSQL_PASSWORD", "MYSQL_PASSWORD_FILE", "RABBITMQ_PASSWORD", "FLOWER_BASIC_AUTH"}
PRODUCTION_VARIABLES = {
    "SECRET_KEY": "a secret of a test that is long enough to be one: 0123456789abcdef",
    "PUBLIC_URL": "https://news.example.org",
    "MYSQL_PASSWORD": "0123456789abcdef",
}

services = pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, found in FILES.items() for name in found["services"]]
)


def service(file: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = FILES[file]["services"][name]
    return found


def environment(file: str, name: str, **variables: str) -> dict[str, str]:
    given = service(file, name)["environment"]
    return {key: compose.resolve(value, **variables) for key, value in given.items()}


@pytest.mark.parametrize(
    ("name", "command"), [("web", stack.WEB), ("worker", stack.WORKER), ("beat", stack.BEAT)]
)
def test_service_starts_as_the_readme_says_and_the_stack_s_tests_do(
    name: str, command: str
) -> None:
    assert f"| `{command}` |" in compose.text("README.md")
    assert f"{service('base', name)['command']} ".startswith(f"{command} ")


def test_image_starts_a_web_as_compose_does() -> None:
    [command] = re.findall(r"^CMD \[\"uvicorn\", (.*)\]$", DOCKERFILE, re.MULTILINE)
    words = re.findall(r'"([^"]+)"', command)
    assert ["uvicorn", *words] == shlex.split(service("base", "web")["command"])


@services
def test_image_is_pinned_or_built_here(file: str, name: str) -> None:
    found = service(file, name)
    if "build" in found:
        assert found["build"]["target"] in re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M)
        assert found["pull_policy"] == "build"
    else:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(-[a-z-]+)?", found["image"])


def test_base_image_is_pinned_to_python_and_debian() -> None:
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)
    foreign = [image for image, _ in stages if image not in {name for _, name in stages}]
    assert [bool(re.fullmatch(r"python:3\.1[123]-slim-[a-z]+", image)) for image in foreign] == [
        True
    ]


@pytest.mark.parametrize("stage", ["runtime", "test"])
def test_container_does_not_run_as_root(stage: str) -> None:
    body = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
    [user] = re.findall(r"^USER (\d+)$", body, re.MULTILINE)
    assert int(user) > 0
    assert f"useradd --uid {user} " in body
    assert DOCKERFILE.rstrip().endswith("\nFROM runtime")  # without a target


def test_image_has_every_package_and_what_they_need_to_run() -> None:
    runtime = DOCKERFILE.split(" AS runtime\n")[1].split("\nFROM ")[0]
    copied = set(re.findall(r"^COPY (\w\S*) \S+$", runtime, re.MULTILINE))
    found = tomllib.loads(compose.text("pyproject.toml"))["tool"]["setuptools"]["packages"]
    packages = {pattern.rstrip("*") for pattern in found["find"]["include"]}
    assert copied == {*packages, "manage.py", "templates", "locale"}


def test_nothing_that_is_copied_is_ignored_and_no_secret_is_copied() -> None:
    lines = [line for line in compose.text(".dockerignore").splitlines() if line]
    ignored = [line for line in lines if line[0] not in "#!"]
    for name in re.findall(r"^COPY (\w\S*) ", DOCKERFILE, re.MULTILINE):
        assert not [pattern for pattern in ignored if fnmatch(name, pattern)]
    assert {".git", ".env", "var", "secrets"} <= set(ignored)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", OURS)
def test_variable_is_one_that_the_settings_know(file: str, name: str) -> None:
    if name == "flower":
        assert set(service(file, name)["environment"]) - EXAMPLE <= {"FLOWER_BASIC_AUTH"}
    else:
        assert set(service(file, name)["environment"]) <= EXAMPLE


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.prod.yml"])
def test_variable_of_a_compose_file_is_documented(name: str) -> None:
    used = compose.interpolated(compose.text(name))
    assert used <= EXAMPLE | OF_COMPOSE
    operations = compose.text("docs/operations.md")
    assert [variable for variable in sorted(used & OF_COMPOSE) if variable not in operations] == []


@services
def test_dependency_can_come_true(file: str, name: str) -> None:
    for other, asked in service(file, name).get("depends_on", {}).items():
        found = service(file, other)
        if asked["condition"] == "service_healthy":
            assert "test" in found["healthcheck"]
        else:
            assert asked["condition"] == "service_completed_successfully"
            assert found.get("restart", "no").startswith(("no", "on-failure"))
        if "profiles" in found:
            assert asked["required"] is False or "profiles" in service(file, name)


def test_only_what_nobody_asked_for_needs_a_profile() -> None:
    by_profile = {
        name: found["profiles"] for name, found in BASE["services"].items() if "profiles" in found
    }
    assert by_profile == {"rabbitmq": ["rabbitmq"], "flower": ["flower"], "test": ["test"]}


@pytest.mark.parametrize(("file", "open_ports"), [("base", {"web"}), ("production", {"caddy"})])
def test_ports_are_published_to_this_machine_only_but_those_of_readers(
    file: str, open_ports: set[str]
) -> None:
    published = {name: found.get("ports", []) for name, found in FILES[file]["services"].items()}
    others = {
        name for name, ports in published.items() if any("127.0.0.1:" not in port for port in ports)
    }
    assert others == open_ports


def test_production_has_two_webs_behind_one_proxy_and_all_comes_back() -> None:
    found = PRODUCTION["services"]
    assert found["web"]["deploy"]["replicas"] == 2
    assert "ports" not in found["web"] or found["web"]["ports"] == []
    assert found["web"]["environment"]["TRUSTED_PROXIES"] == "1"
    lasting = {name for name in found if name not in {"prepare", "test"}}
    assert {name for name in found if found[name].get("restart") == "unless-stopped"} == lasting
    assert all(found[name]["environment"]["SECRET_KEY"] for name in OURS)  # merged, not replaced


def test_base_needs_a_secret_key_and_nothing_else() -> None:
    with pytest.raises(KeyError, match="SECRET_KEY"):
        environment("base", "web")
    made = environment("base", "web", SECRET_KEY="x")
    assert made["DATABASE_URL"] == "mysql://newsnotify:newsnotify@mysql:3306/newsnotify"
    assert environment("base", "mysql")["MYSQL_PASSWORD"] == "newsnotify"


def test_secrets_come_from_files_when_their_variables_are_empty() -> None:
    empty = dict.fromkeys(["SECRET_KEY", "DATABASE_URL", "MYSQL_PASSWORD"], "")
    made = environment("production", "web", **{**PRODUCTION_VARIABLES, **empty})
    assert (made["SECRET_KEY"], made["DATABASE_URL"]) == ("", "")
    mounted = service("production", "web")["volumes"]
    assert mounted == ["data:/data", "./secrets:/run/secrets:ro"]


def test_deployment_check_finds_nothing_in_the_production_environment(tmp_path: Path) -> None:
    variables = environment("production", "web", **PRODUCTION_VARIABLES)
    variables |= {"PUBLIC_URL": PRODUCTION_VARIABLES["PUBLIC_URL"], "DATA_DIR": str(tmp_path)}
    # Its checks are of the settings; the driver of MySQL is not installed everywhere.
    variables["DATABASE_URL"] = "sqlite:///var/nothing.sqlite3"
    check = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    code, out, err = run(tmp_path, *check, **variables)
    assert (code, "WARNING" in out + err) == (0, False), err


def test_caddy_serves_the_public_address_and_asks_the_webs_by_their_name() -> None:
    caddyfile = compose.text("Caddyfile")
    assert caddyfile.splitlines()[2] == "{$PUBLIC_URL} {"
    assert "reverse_proxy {$WEB_HOST:web}:8000 {" in caddyfile
    assert "PUBLIC_URL" in service("production", "caddy")["environment"]
    assert "--port 8000 " in service("production", "web")["command"]
    assert (ROOT / "Caddyfile").is_file()
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in service("production", "caddy")["volumes"]
