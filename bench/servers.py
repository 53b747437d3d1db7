"""Servers that a bench owns: on the loopback, in a folder that goes with them."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="newsnotify-bench-") as name:
        yield Path(name)


@contextlib.contextmanager
def process(
    command: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; of what it says only stderr is shown."""
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as child:  # noqa: S603 - our own words
        try:
            yield child
        finally:
            stop(child, end)


def stop(child: subprocess.Popen[bytes], end: signal.Signals = signal.SIGTERM) -> None:
    """End a process of ours, in the end by force."""
    child.send_signal(end)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()


def wait_for(port: int) -> None:
    """Wait until somebody listens on the port."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def installed(program: str, package: str) -> str:
    """Find a server's program; stops with what would help where there is none."""
    found = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        raise SystemExit(f"{program} is not installed: on Debian, apt-get install {package}")
    return found


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Start a Redis that keeps nothing; yields its URL."""
    port = str(free_port())
    keep_nothing = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
    server = installed("redis-server", "redis-server")
    with process([server, "--port", port, "--bind", "127.0.0.1", *keep_nothing]):
        wait_for(int(port))
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def mariadb(buffer_pool: str, log: str) -> Iterator[str]:
    """Start a MariaDB with stock settings but these; yields the URL of its empty database."""
    server = installed("mariadbd", "mariadb-server")
    with folder() as where:
        _install(where / "data")
        port = free_port()
        command = [
            server,
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={where / 'data'}",
            f"--socket={where / 'socket'}",
            f"--tmpdir={where}",  # another server that starts would empty a shared one
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--innodb-buffer-pool-size={buffer_pool}",
            f"--innodb-log-file-size={log}",
            f"--log-error={where / 'log'}",
        ]
        with process(command, end=signal.SIGKILL):  # nobody wants its data any more
            wait_for(port)
            _make_database(where / "socket")
            yield f"mysql://root@127.0.0.1:{port}/bench"


def _install(data: Path) -> None:
    subprocess.run(  # noqa: S603 - our own words
        [
            installed("mariadb-install-db", "mariadb-server"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _make_database(path: Path) -> None:
    sql = "CREATE DATABASE bench CHARACTER SET utf8mb4"
    client = installed("mariadb", "mariadb-client")
    command = [client, "--no-defaults", f"--socket={path}", "--user=root", f"--execute={sql}"]
    subprocess.run(command, check=True)  # noqa: S603 - our own words
