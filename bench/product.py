"""The product's own processes, begun as production begins them."""

import contextlib
import sys
from collections.abc import Iterator

from bench import servers

WEB = "--ws-per-message-deflate false --no-proxy-headers --log-level warning --no-access-log"


@contextlib.contextmanager
def web(application: str = "newsnotify.asgi:application") -> Iterator[int]:
    """Serve an ASGI application by one uvicorn; yields its port."""
    port = servers.free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *WEB.split()]
    with servers.process(command):
        servers.wait_for(port)
        yield port


@contextlib.contextmanager
def worker() -> Iterator[None]:
    with servers.process([sys.executable, "-m", "celery", "-A", "newsnotify", "worker"]):
        yield
