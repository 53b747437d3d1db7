"""The server as production starts it: a process of its own, ended by a signal."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts import tokens
from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = ["uvicorn", "newsnotify.asgi:application", "--ws-per-message-deflate", "false"]
COMMAND += ["--no-proxy-headers"]


def url_of_test_database() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


@contextmanager
def production(log_level: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run uvicorn on the test database; gives its address and its process."""
    environment = {
        **os.environ,
        "DATABASE_URL": url_of_test_database(),
        "REDIS_URL": "",
        "CELERY_BROKER_URL": "",
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": log_level,
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", *COMMAND, "--fd", str(number)],
            env=environment,
            pass_fds=[number],
            stderr=subprocess.PIPE,
            text=True,
            cwd=settings.BASE_DIR,
        )
        with process:
            try:
                yield f"127.0.0.1:{listener.getsockname()[1]}", process
            finally:
                process.kill()


@pytest.mark.parametrize("log_level", ["info", "debug"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sockets_are_closed_with_4001_when_the_server_is_told_to_end(
    number: signal.Signals, log_level: str
) -> None:
    token = tokens.sign_in(User.objects.create_user("ann@example.org"))["access_token"]
    with production(log_level) as (address, process):
        with connect(f"ws://{address}/ws?token={token}", open_timeout=30) as opened:
            process.send_signal(number)
            with pytest.raises(ConnectionClosed) as closed:
                opened.recv(10)
        _, lines = process.communicate(timeout=10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001
    assert "/ws" in lines or log_level == "info"
    assert token not in lines
    assert "Traceback" not in lines
