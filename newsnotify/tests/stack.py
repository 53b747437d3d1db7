"""The product as production runs it: web, worker and beat as processes, servers beside them."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import requests

from newsnotify.tests.processes import (
    ADMIN,
    FIRST_ADMIN,
    PATIENCE_SECONDS,
    ROOT,
    Person,
    free_port,
    signalled,
    until,
)

WEB = "uvicorn newsnotify.asgi:application --ws-per-message-deflate false --no-proxy-headers"
WORKER, BEAT = "celery -A newsnotify worker", "celery -A newsnotify beat"


class Part:
    """One process of the product; it can be killed and started again."""

    def __init__(self, *command: str, ready: Callable[[str], bool], **environment: str) -> None:
        self.command, self.is_ready = command, ready
        self.environment = environment
        self.output: list[str] = []

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        self.output.clear()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", *self.command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self) -> None:
        try:
            until(lambda: self.has_ended or self.is_ready("".join(self.output)))
        finally:
            assert not self.has_ended, "it ended:\n" + "".join(self.output)

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            self.output.extend(lines)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self, number: int = signal.SIGTERM) -> None:
        signalled(self.process, number)
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)

    def kill(self) -> None:
        self.end(signal.SIGKILL)


class Web(Part):
    """A web server, with what a person needs of it."""

    def __init__(self, *above: str, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = (*above, *WEB.split(), "--port", str(self.port))
        super().__init__(*command, ready=self._answers, **environment)

    def _answers(self, _: str) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/api/v1/topics", timeout=10).ok
        return False

    def person(self, email: str, password: str = "a reader of tests") -> Person:  # noqa: S107
        """Register a person, or sign in one who is known."""
        body = {"email": email, "password": password}
        requests.post(f"{self.url}/api/v1/auth/register", json=body, timeout=10)
        return Person(self.url, email, password)

    def admin(self) -> Person:
        return Person(self.url, **ADMIN)


class Stack:
    """Any number of webs and workers, one beat; all settings by environment alone.

    `above` is a module that runs them, if not they themselves.
    """

    def __init__(
        self, data_dir: Path, *above: str, webs: int = 1, workers: int = 1, **urls: str
    ) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data_dir),
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(data_dir),
            "SECRET_KEY": secrets.token_hex(32),
            "SEED_SOURCES": "0",
            "RATE_LIMITS": "0",
            "OUTBOUND_ALLOW": "127.0.0.1",
            "CRAWL_MIN_INTERVAL_SECONDS": "1",
            **urls,
        }
        told = {**self.environment, "LOG_LEVEL": "debug"}  # or they do not say that they are ready
        self.webs = [Web(*above, **self.environment) for _ in range(webs)]
        self.workers = [
            Part(*above, *WORKER.split(), "-n", f"{n}@%h", ready=_is_worker_ready, **told)
            for n in range(workers)
        ]
        self.beat = Part(*above, *BEAT.split(), ready=_is_beat_ready, **told)

    @property
    def parts(self) -> list[Part]:
        return [*self.webs, *self.workers, self.beat]

    def __enter__(self) -> "Stack":
        self._prepare()
        with contextlib.ExitStack() as started:
            for part in self.parts:  # side by side: most of it is loading
                part.launch()
                started.callback(part.kill)
            for part in self.parts:
                part.wait()
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def _prepare(self) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "prepare"],
            cwd=ROOT,
            env={**self.environment, **FIRST_ADMIN},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _is_worker_ready(output: str) -> bool:
    return " ready." in output


def _is_beat_ready(output: str) -> bool:
    return "beat: Starting" in output
