"""Workers killed at every point of the way: nothing is lost, and what repeats has one id."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsnotify.lib.tests.servers import Server
from newsnotify.tests.mortal_worker import PEOPLE, POINTS, POISON
from newsnotify.tests.processes import ROOT
from newsnotify.tests.servers import IS_STACK, own_database

pytestmark = pytest.mark.timeout(240)

KILLED = -9
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run commands of the product on a database of the test's own."""
    if not IS_STACK:
        yield running(tmp_path, {})
        return
    with own_database() as database:
        yield running(tmp_path, {"DATABASE_URL": database, "REDIS_URL": os.environ["REDIS_URL"]})


def running(data_dir: Path, servers: dict[str, str]) -> Run:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data_dir),
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": "a key for tests that is longer than 32 bytes",
        "OUTBOUND_ALLOW": "127.0.0.1",
        "LOG_LEVEL": "error",
        **servers,
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_everybody_is_told_and_reached_however_often_the_worker_is_killed(run: Run) -> None:
    worker = ("-m", "newsnotify.tests.mortal_worker")
    done(run("manage.py", "migrate", "--verbosity", "0"))
    with Server() as sink:
        done(run(*worker, "furnish", sink.url))
        killed(run(*worker, "post", "News"))  # after the commit, before the doorbell
        for point in filter(None, POINTS):
            killed(run(*worker, "work", point))
        killed(run(*worker, "post", POISON))
        for _ in range(3):  # so many workers may one payload cost
            killed(run(*worker, "work"))
        done(run(*worker, "work"))
        found = json.loads(done(run(*worker, "inspect")))
        seen = Counter(request.headers["webhook-id"] for request in sink.requests)

    assert len(set(map(tuple, found["told"]))) == len(found["told"]) == PEOPLE + 1
    assert found["difference"] == 0
    assert Counter((row["kind"], row["title"], row["state"]) for row in found["deliveries"]) == {
        ("webhook", "News", "delivered"): PEOPLE,
        ("webhook", POISON, "dead"): 1,
        ("mock", "News", "delivered"): PEOPLE,
        ("mock", POISON, "delivered"): 1,
    }
    by_state = {row["state"]: row for row in found["deliveries"]}
    assert by_state["dead"]["reason"] == "its worker died 3 times"
    hooks = {row["id"] for row in found["deliveries"] if row["kind"] == "webhook"}
    assert set(seen) == hooks - {by_state["dead"]["id"]}
    assert max(seen.values()) <= 2, "one worker died between sending and recording"


def done(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def killed(process: subprocess.CompletedProcess[str]) -> None:
    assert process.returncode == KILLED, process.stdout + process.stderr
