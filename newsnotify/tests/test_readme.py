"""What README.md and docs/operations.md tell people to type: it is typed here, word for word.

Every `sh` block has to be known below. What needs an engine of containers, root, or would test
the tests is held against the files that it names.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.core.management import get_commands

from newsnotify.tests import compose, secure_servers
from newsnotify.tests.certificates import Authority
from newsnotify.tests.processes import ROOT, Product, free_port, until
from newsnotify.tests.servers import RedisServer, own_database, own_queue
from newsnotify.tests.test_settings import KEY

README, OPERATIONS = compose.text("README.md"), compose.text("docs/operations.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [*BLOCK.findall(README), *BLOCK.findall(OPERATIONS)]

MAKE_RUN = "make run\n"
CHECKS = "make test\nmake lint\nmake coverage\n"
# By what their lines begin with: of root, of systemd, of RabbitMQ's own node, and in /opt.
OF_A_SERVER = ("apt-get install ", "systemctl ", "rabbitmqctl ", "ENV_FILE=/etc/newsnotify.env ")


def block(first_words: str) -> str:
    """Find the one block that begins so."""
    found: str
    [found] = {text for text in BLOCKS if text.startswith(first_words)}
    return found


CONVERSATION = block("url=http://127.0.0.1:8000/")
BACKUP = block("mariadb-dump ")
SQLITE_BACKUP = block("python3 -c ")
PROCESSES = next(text for text in BLOCKS if ".venv/bin/uvicorn " in text)
RUN_HERE = {MAKE_RUN, CONVERSATION, BACKUP, PROCESSES, CHECKS, SQLITE_BACKUP}


def is_about_containers(text: str) -> bool:
    return "docker compose " in text


def is_about_a_server(text: str) -> bool:
    lines = [line for line in text.splitlines() if line not in PROCESSES.splitlines()]
    return all(line.startswith(OF_A_SERVER) for line in lines)


@pytest.mark.parametrize("text", BLOCKS, ids=lambda text: text.split("\n")[0][:40])
def test_command_is_known_to_a_test(text: str) -> None:
    assert text in RUN_HERE or is_about_containers(text) or is_about_a_server(text)


class Shell:
    """A block at work in a shell, with everything it leaves in the background."""

    def __init__(self, text: str, folder: Path, **environment: str) -> None:
        self.text, self.folder = text, folder
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "HOME": str(folder),
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(folder),
            "SEED_SOURCES": "0",
            "PIP_NO_INDEX": "1",  # all of it is installed
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **environment,
        }

    def run(self, folder: Path = ROOT) -> str:
        """Run it to its end."""
        done = subprocess.run(  # noqa: S603 - our own words
            ["bash", "-e", "-c", self.text],  # noqa: S607 - from PATH
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def running(self) -> Iterator[list[str]]:
        """Run it in the repository; gives the lines that it writes, ends what it began."""
        lines: list[str] = []
        process = subprocess.Popen(  # noqa: S603 - our own words
            ["bash", "-e", "-c", f"{self.text}\nwait"],  # noqa: S607 - from PATH
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        reader = threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            yield lines
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            reader.join(10)
            process.stdout.close()


@pytest.fixture
def installed() -> None:
    """Have what `make` installs, so that nothing is fetched here."""
    if not (ROOT / ".venv" / "bin" / ".dev").exists():
        pytest.skip("needs the environment that make made: make test")


@pytest.mark.usefixtures("installed")
def test_make_run_serves_as_the_readme_says(tmp_path: Path) -> None:
    port = str(free_port())
    with Shell(MAKE_RUN, tmp_path, PORT=port).running() as lines:
        ready = f"NewsNotify is ready on http://127.0.0.1:{port}\n"
        until(lambda: ready in lines or any("rror" in line for line in lines))
        assert ready in lines, lines
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 200


def test_conversation_goes_as_the_readme_says(tmp_path: Path) -> None:
    with Product(tmp_path) as product:
        text = CONVERSATION.replace("http://127.0.0.1:8000", product.url)
        registered, followed, told = Shell(text, tmp_path).run().replace("}{", "}\n{").split("\n")
        assert '"email":"me@example.org"' in registered
        assert '"topic":"tech"' in followed
        assert told == '{"count":0,"next":null,"previous":null,"results":[]}'


def test_checks_are_targets_of_make_and_ci_runs_them() -> None:
    for command in CHECKS.splitlines():
        done = subprocess.run(  # noqa: S603 - our own words
            [*shlex.split(command), "--dry-run"],
            cwd=ROOT,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    script = compose.text(".ci/run")
    assert "\nmake lint\n" in script
    assert "$command" in script  # which it reads from the README: make test


def test_management_commands_that_are_named_exist() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README + OPERATIONS))
    assert "up" in named
    assert named <= get_commands().keys()


def test_database_of_sqlite_is_saved_while_it_is_used(tmp_path: Path) -> None:
    with Product(tmp_path / "var") as product:
        product.person("ann@example.org")
        saved = tmp_path / "newsnotify.sqlite3"
        Shell(SQLITE_BACKUP, tmp_path).run(tmp_path)
    with Product(tmp_path / "new", DATABASE_URL=f"sqlite:///{saved}", SECRET_KEY=KEY) as product:
        assert product.person("ann@example.org").email == "ann@example.org"


@pytest.mark.stack
@pytest.mark.usefixtures("installed")
@pytest.mark.timeout(180)
def test_processes_serve_many_as_the_readme_says(tmp_path: Path) -> None:
    port = free_port()
    with own_database() as database, own_queue() as (broker, _), RedisServer() as redis:
        urls = {"DATABASE_URL": database, "REDIS_URL": redis.url, "CELERY_BROKER_URL": broker}
        shell = Shell(PROCESSES, tmp_path, **urls, SECRET_KEY=KEY, UVICORN_PORT=str(port))
        with shell.running() as lines:
            health = f"http://127.0.0.1:{port}/api/v1/health"
            until(lambda: is_healthy(health), seconds=90)
        assert not [line for line in lines if "Traceback" in line]


def is_healthy(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return bool(requests.get(url, timeout=10).json()["status"] == "healthy")
    return False


@pytest.mark.stack
def test_database_is_the_same_when_saved_and_brought_back(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("127.0.0.1")
    with secure_servers.mariadb(issued, tmp_path) as url:
        port = url.rpartition(":")[2].partition("/")[0]
        of_root = f"[client]\nhost=127.0.0.1\nport={port}\nuser=root\n"
        (tmp_path / ".my.cnf").write_text(of_root)
        table = "CREATE TABLE news (title TEXT); INSERT INTO news VALUES ('Вода')"
        Shell(f'mariadb newsnotify -e "{table}"', tmp_path).run(tmp_path)
        save, restore = BACKUP.splitlines()
        Shell(save, tmp_path).run(tmp_path)
        Shell('mariadb newsnotify -e "DROP TABLE news"', tmp_path).run(tmp_path)
        Shell(restore, tmp_path).run(tmp_path)
        read = Shell('mariadb newsnotify -N -e "SELECT title FROM news"', tmp_path).run(tmp_path)
        assert read == "Вода\n"


CONTAINER_LINES = [
    line for text in BLOCKS if is_about_containers(text) for line in text.splitlines()
]
TAKES_VALUE = {"-f", "--profile", "--scale"}
SUBCOMMANDS = {"up", "ps", "logs", "exec", "run"}


@pytest.mark.parametrize("line", CONTAINER_LINES)
def test_container_command_names_what_the_compose_files_have(line: str) -> None:
    if "docker compose " not in line:
        assert line == 'echo "SECRET_KEY=$(openssl rand -hex 32)" >> .env'
        return
    words = shlex.split(line.partition("docker compose ")[2].partition(" | ")[0])
    files = [after(words, at) for at, word in enumerate(words) if word == "-f"]
    services = compose.read(*(files or ["docker-compose.yml"]))["services"]
    profiles = {name for found in services.values() for name in found.get("profiles", [])}
    plain = without_options(words)
    assert plain[0] in SUBCOMMANDS
    named = plain[1:] if plain[0] in {"up", "logs"} else plain[1:2]
    scaled = [after(words, at).partition("=")[0] for at, w in enumerate(words) if w == "--scale"]
    assert {*named, *scaled} <= services.keys()
    assert {after(words, at) for at, w in enumerate(words) if w == "--profile"} <= profiles


def after(words: list[str], at: int) -> str:
    return words[at + 1]


def without_options(words: list[str]) -> list[str]:
    return [
        word
        for at, word in enumerate(words)
        if not word.startswith("-") and (at == 0 or words[at - 1] not in TAKES_VALUE)
    ]
