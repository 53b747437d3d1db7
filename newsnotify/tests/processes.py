"""The whole product as a process of its own, and a person's way to talk to it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
READY = "NewsNotify is ready on "
ADMIN = {"email": "admin@example.org", "password": "an admin of tests"}
FIRST_ADMIN = {
    "DJANGO_SUPERUSER_EMAIL": ADMIN["email"],
    "DJANGO_SUPERUSER_PASSWORD": ADMIN["password"],
}
PATIENCE_SECONDS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(find: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Ask again and again until there is an answer that is not empty."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := find():
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"nothing came of {find} within {seconds} s")


def signalled(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to a process that leads a group; what kills it kills its children too."""
    with contextlib.suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


class Product:
    """`manage.py up`, or another command that ends in it, on its own data and port."""

    def __init__(self, data_dir: Path, *command: str, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.command = command or (str(ROOT / "manage.py"), "up")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data_dir),
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "SEED_SOURCES": "0",
            "RATE_LIMITS": "0",
            "OUTBOUND_ALLOW": "127.0.0.1",
            "CRAWL_MIN_INTERVAL_SECONDS": "1",
            **FIRST_ADMIN,
            **environment,
        }
        self.output: list[str] = []

    def __enter__(self) -> "Product":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)

    def start(self) -> None:
        """Start, and wait for the line that says it is ready."""
        self.output.clear()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, *self.command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        has_spoken = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(has_spoken,), daemon=True)
        self._reader.start()
        has_spoken.wait(PATIENCE_SECONDS)
        if not any(line.startswith(READY) for line in self.output):
            self.end(signal.SIGKILL)
            raise AssertionError("it never got ready:\n" + "".join(self.output))

    def _read(self, has_spoken: threading.Event) -> None:
        """Collect the output; it has spoken when it is ready, or has nothing more to say."""
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line)
                if line.startswith(READY):
                    has_spoken.set()
        has_spoken.set()

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        signalled(self.process, number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def person(self, email: str, password: str = "a reader of tests") -> "Person":  # noqa: S107
        """Register a person, or sign in one who is known."""
        body = {"email": email, "password": password}
        requests.post(f"{self.url}/api/v1/auth/register", json=body, timeout=10)
        return Person(self.url, email, password)

    def admin(self) -> "Person":
        return Person(self.url, **ADMIN)


class Person:
    """Somebody signed in to the API."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.url, self.email, self.password = url, email, password
        answer = requests.post(
            f"{url}/api/v1/auth/token", json={"email": email, "password": password}, timeout=10
        )
        assert answer.status_code == 200, answer.text
        self.token: str = answer.json()["access_token"]

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, **body: Any) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, **body: Any) -> Any:
        return self._call("PATCH", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=40,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A real browser; skips where none is installed."""
    import pytest
    from playwright.sync_api import sync_playwright

    path = next((p for p in BROWSERS if Path(p).exists()), None)
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
