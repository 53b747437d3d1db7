"""The health check of the containers, asked as they ask it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils.timezone import now

from accounts.models import Heartbeat
from newsnotify import pulse
from newsnotify.env import Env
from newsnotify.heartbeats import Heart
from newsnotify.lib.tests.servers import Answer, Server
from newsnotify.tests.test_production_server import url_of_test_database
from newsnotify.tests.test_settings import run

NOTHING = Env({})


@pytest.fixture
def ready() -> Iterator[Server]:
    with Server(lambda _: Answer(body=b"ready\n")) as server:
        yield server


def test_web_lives_when_it_is_ready(ready: Server) -> None:
    assert pulse.is_alive("web", NOTHING, host="here", port=ready.port)
    assert [request.path for request in ready.requests] == ["/readyz"]


def test_web_does_not_live_when_it_is_not_ready(ready: Server) -> None:
    ready.respond = lambda _: Answer(status=503)
    with pytest.raises(OSError, match="503"):
        pulse.is_alive("web", NOTHING, host="here", port=ready.port)


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_part_lives_when_its_heart_beats_on_this_host() -> None:
    if connection.vendor != "mysql":
        pytest.skip("needs MySQL or MariaDB: the containers' database")
    heart = Heart()
    heart.process = "here:1"
    heart.worked_at["worker"] = now()
    heart.beat()
    env = Env({"DATABASE_URL": url_of_test_database()})
    assert pulse.is_alive("worker", env, host="here")
    assert not pulse.is_alive("beat", env, host="here")
    assert not pulse.is_alive("worker", env, host="there")
    Heartbeat.objects.update(beaten_at=now() - timedelta(minutes=1))
    assert not pulse.is_alive("worker", env, host="here")


def test_reason_is_one_line_when_there_is_nothing_to_ask(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "-m", "newsnotify.pulse", "worker")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("worker: ")
