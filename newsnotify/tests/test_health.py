"""How everything is, as far as one process and its database can show it."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Heartbeat
from newsnotify import health
from newsnotify.health import Component, examiner
from newsnotify.tests.servers import RedisServer
from notifications.tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)

HEALTH = "/api/v1/health"


@pytest.fixture(autouse=True)
def _nothing_is_known(settings: LazySettings) -> Iterator[None]:
    settings.REDIS_URL, settings.CELERY_BROKER_URL = "", "memory://"
    examiner.forget()
    yield
    examiner.forget()


def beat(*parts: str, at: datetime | None = None, worked_at: datetime | None = None) -> None:
    moment = at or now()
    worked = (worked_at or moment).isoformat()
    Heartbeat.objects.create(
        process=f"host:{Heartbeat.objects.count()}",
        beaten_at=moment,
        parts=dict.fromkeys(parts, worked),
    )


def component(name: str) -> Component:
    examiner.forget()
    return examiner.health().components[name]


def test_everything_is_healthy_when_all_parts_beat(client: Client) -> None:
    beat("web", "worker", "beat")
    answer = client.get(HEALTH)
    assert answer.status_code == 200
    assert answer.json()["status"] == "healthy"
    assert list(answer.json()["components"]) == list(health.COMPONENTS)
    assert {one["status"] for one in answer.json()["components"].values()} == {"healthy"}


@pytest.mark.parametrize("missing", ["worker", "beat"])
def test_part_is_named_when_nobody_plays_it(client: Client, missing: str) -> None:
    beat("web", *({"worker", "beat"} - {missing}))
    answer = client.get(HEALTH)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["components"][missing]["detail"] == "No process is running."


def test_part_is_missed_when_its_heart_is_silent() -> None:
    beat("worker", at=now() - timedelta(seconds=8))
    assert component("worker").status == "unhealthy"


def test_all_processes_of_a_part_are_counted() -> None:
    beat("worker")
    beat("worker", "beat")
    assert component("worker").detail == "2 processes are running."


def test_part_is_degraded_when_it_has_done_nothing_for_long() -> None:
    beat("beat")
    beat("worker", worked_at=now() - timedelta(seconds=40))
    found = component("worker")
    assert found.status == "degraded"
    assert "None has done anything since" in found.detail


def test_worker_is_excused_when_no_schedule_gives_it_work() -> None:
    beat("worker", worked_at=now() - timedelta(seconds=40))
    assert component("worker") == Component("healthy", "It waits for the beat.")


@pytest.mark.parametrize(("age", "status"), [(50, "healthy"), (70, "degraded")])
def test_outbox_is_degraded_when_an_event_waits_for_long(age: int, status: str) -> None:
    moment = now() - timedelta(seconds=age)
    make_event(created_at=moment, release_time=moment)
    found = component("outbox")
    assert found.status == status
    assert f"waited for {age}" in found.detail


def test_event_of_tomorrow_does_not_wait() -> None:
    make_event(release_time=now() + timedelta(days=1))
    assert component("outbox").detail == "Nothing is waiting."


def test_server_is_named_without_its_address_when_nothing_listens(
    client: Client, settings: LazySettings
) -> None:
    settings.REDIS_URL = "redis://:secret-word@127.0.0.1:1/0"
    settings.CELERY_BROKER_URL = "redis://:secret-word@127.0.0.1:1/1"
    answer = client.get(HEALTH)
    components = answer.json()["components"]
    for name in ("cache", "channel_layer", "broker"):
        assert components[name] == {"status": "unhealthy", "detail": "It does not answer."}
    assert "secret-word" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


def test_answer_comes_when_a_server_is_silent(client: Client, settings: LazySettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        assert client.get(HEALTH).json()["components"]["cache"]["status"] == "unhealthy"


def test_redis_is_healthy_again_when_it_goes_on(settings: LazySettings) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = settings.CELERY_BROKER_URL = redis.url
        assert [component(name).status for name in ("cache", "broker")] == ["healthy"] * 2
        redis.pause()
        assert [component(name).status for name in ("cache", "broker")] == ["unhealthy"] * 2
        os.kill(redis.process.pid, signal.SIGCONT)
        assert component("cache").status == "healthy"


def test_change_is_logged_once_with_its_reason(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    examiner.health()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    caplog.clear()
    for _ in range(2):
        component("cache")
    lines = [vars(record) for record in caplog.records if record.message == "component changed"]
    assert [line["component"] for line in lines] == ["cache", "channel_layer"]
    assert "Connect" in lines[0]["error"]


def test_warning_is_loud_when_anybody_may_post(client: Client, settings: LazySettings) -> None:
    settings.OPEN_INGEST = True
    assert "OPEN_INGEST=1" in client.get(HEALTH).json()["warnings"][0]


def test_not_ready_when_migrations_are_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_was_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(name) FROM django_migrations WHERE app = 'accounts'")
        [name] = cursor.fetchone()
        rename = "UPDATE django_migrations SET name = %s WHERE app = 'accounts' AND name = %s"
        cursor.execute(rename, ["x", name])
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.content) == (
            503,
            b"not ready: database: Its tables are not up to date.\n",
        )
        assert client.get(HEALTH).status_code == 503
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename, [name, "x"])
    examiner.forget()
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", HEALTH])
def test_probe_answers_whatever_way_it_asks(client: Client, path: str) -> None:
    beat("worker", "beat")
    client.cookies["sessionid"] = "nobodysnobodysnobodysnobodysnobo"
    for spelling in (path, f"{path}/"):
        for accept in ("*/*", "text/html", "image/png"):
            headers = {"host": "10.0.0.7:8000", "accept": accept}
            assert client.get(spelling, headers=headers).status_code == 200
            assert client.head(spelling, headers=headers).status_code == 200
    assert client.get(path, headers={"host": "no host at all"}).status_code == 200
    assert client.post(path).status_code == 405
    assert "no-store" in client.get(path)["Cache-Control"]


def test_host_is_still_checked_where_people_come(client: Client) -> None:
    assert client.get("/topics", headers={"host": "evil.example"}).status_code == 400


def test_schema_knows_health() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert set(schema["paths"][HEALTH]["get"]["responses"]) == {"200", "503"}
    components = schema["components"]["schemas"]["Components"]["properties"]
    assert list(components) == list(health.COMPONENTS)
