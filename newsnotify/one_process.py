"""The whole system in one process: web server, worker and schedule.

What production runs side by side runs here in threads, on the same code: the worker and the
schedule take their turns through an in-memory broker unless another one is configured.
"""

import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn
from celery import beat
from celery.worker import WorkController
from django.conf import settings
from django.core.management.base import CommandError

from newsnotify.celery import app as celery_app
from notifications.streams.configured import configured, taking


def bind(host: str, port: int) -> socket.socket:
    """Take the address before anything else is begun; raises CommandError with the remedy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CommandError(
            f"PORT: {host}:{port} cannot be used ({error.strerror}); "
            f"stop what listens there or choose another, for example PORT={port + 1}."
        ) from error
    listener.set_inheritable(True)
    return listener


def web_config(*, reload: bool = False) -> uvicorn.Config:
    """Configure uvicorn as production does."""
    return uvicorn.Config(
        "newsnotify.asgi:application",
        lifespan="on",
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # 1.4 times the CPU and 34 kB more a socket
        ws_ping_interval=None,  # our own ping carries the cursor
        ws_max_size=64 * 1024,
        proxy_headers=False,
        server_header=False,
        access_log=settings.DEBUG,
        log_config=None,
        timeout_graceful_shutdown=2,
        ssl_certfile=settings.TLS_CERT_FILE,
        ssl_keyfile=settings.TLS_KEY_FILE,
        reload=reload,
        reload_dirs=[str(settings.BASE_DIR)] if reload else None,
    )


class Server(uvicorn.Server):
    """Says when it is ready, in words that scripts may wait for."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"NewsNotify is ready on {settings.PUBLIC_URL}\n")
        sys.stdout.flush()


def serve(sockets: list[socket.socket] | None = None, config: uvicorn.Config | None = None) -> None:
    """Serve until a signal comes."""
    with _quiet_signals(), _worker(), _schedule(), taking(*configured()):
        Server(config or web_config()).run(sockets)


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """Let uvicorn's repetition of the signal it ended by end nothing else."""
    former = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, action in former.items():
            signal.signal(number, action)


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    worker = WorkController(
        app=celery_app,
        pool_cls="threads",
        concurrency=8,
        loglevel=settings.LOG_LEVEL.upper(),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    thread = threading.Thread(target=worker.start, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(timeout=3)


@contextlib.contextmanager
def _schedule() -> Iterator[None]:
    service = beat.Service(celery_app, max_interval=1, scheduler_cls=celery_app.conf.beat_scheduler)
    thread = threading.Thread(target=service.start, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        service.stop(wait=True)
