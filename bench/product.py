"""The product's own processes, begun as production begins them."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings

from bench import inside, servers
from news import services
from newsnotify.lib import doorbell

WEB = "--ws-per-message-deflate false --no-proxy-headers --log-level warning --no-access-log"


@contextlib.contextmanager
def web(
    application: str = "newsnotify.asgi:application", log_level: str = "warning"
) -> Iterator[int]:
    """Serve an ASGI application by one uvicorn; yields its port."""
    port = servers.free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *WEB.split()]
    with servers.process(command, {**os.environ, "LOG_LEVEL": log_level}):
        servers.wait_for(port)
        yield port


@contextlib.contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    with servers.process(_celery("worker")) as child:
        yield child


def _celery(part: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "newsnotify", part]


@dataclass(frozen=True, slots=True)
class Crawler:
    """Who crawls: processes with their children, and how their doorbell is rung."""

    pids: tuple[int, ...]
    ring: Callable[[], object]


@contextlib.contextmanager
def crawler() -> Iterator[Crawler]:
    """Run what crawls, with the schedule: as `up` where no server is set, else a worker a core."""
    with _one_process() if settings.IS_ONE_PROCESS else _workers_and_beat() as found:
        yield found


@contextlib.contextmanager
def _one_process() -> Iterator[Crawler]:
    command = inside.command("bench.one_process")
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=servers.ROOT, bufsize=0
    ) as child:
        bell = child.stdin
        assert bell  # noqa: S101 - it is a pipe
        try:
            yield Crawler((child.pid,), lambda: bell.write(b"\n"))
        finally:
            servers.stop(child)


@contextlib.contextmanager
def _workers_and_beat() -> Iterator[Crawler]:
    with servers.process(_celery("beat")), contextlib.ExitStack() as stack:
        workers = [stack.enter_context(worker()) for _ in range(os.cpu_count() or 1)]
        pids = tuple(child.pid for child in workers)
        yield Crawler(pids, lambda: doorbell.ring(services.CRAWL_DUE))
