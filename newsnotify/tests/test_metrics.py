"""What Prometheus is told, and who may ask."""

import json
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Heartbeat
from accounts.tests.factories import make_user
from news.tests.factories import make_source
from newsnotify import metrics, numbers
from newsnotify.health import examiner
from newsnotify.heartbeats import heart
from newsnotify.lib import counts
from notifications.tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)

Key = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture(autouse=True)
def _nothing_is_known() -> None:
    for lookout in (examiner, numbers.lookout, metrics._others):
        lookout.forget()


def samples(client: Client) -> dict[Key, float]:
    """Read what is told as Prometheus does."""
    text = client.get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def key(name: str, **labels: str) -> Key:
    return (f"newsnotify_{name}", frozenset(labels.items()))


def other(process: str, *, seconds_ago: float = 0, frames: int = 7) -> None:
    """Let another process have counted something."""
    families: list[object] = [
        ["newsnotify_frames_sent", "counter", "", [["newsnotify_frames_sent_total", {}, frames]]],
        ["newsnotify_sockets_open", "gauge", "", [["newsnotify_sockets_open", {}, 3]]],
    ]
    Heartbeat.objects.create(
        process=process, beaten_at=now() - timedelta(seconds=seconds_ago), counts=families
    )


def test_requests_are_counted_by_method_route_and_status(client: Client) -> None:
    labels = {"method": "GET", "route": "articles/<int:pk>", "status": "404"}
    total = key("requests_total", process=heart.process, **labels)
    count = key("request_seconds_count", process=heart.process, route="articles/<int:pk>")
    before = samples(client)
    client.get("/articles/1")
    client.get("/articles/2/")
    after = samples(client)
    assert after[total] - before.get(total, 0) == 2
    assert after[count] - before.get(count, 0) == 2


def test_method_nobody_knows_makes_no_label(client: Client) -> None:
    client.generic("BREW", "/topics")
    assert not [name for name in samples(client) if ("method", "BREW") in name[1]]


def test_unknown_paths_share_a_label(client: Client) -> None:
    client.get("/nothing/of/this")
    labels = {"method": "GET", "route": "", "status": "404"}
    assert key("requests_total", process=heart.process, **labels) in samples(client)


def test_every_process_has_series_of_its_own(client: Client) -> None:
    other("a:1", frames=7)
    other("b:1", frames=9)
    found = samples(client)
    assert found[key("frames_sent_total", process="a:1")] == 7
    assert found[key("frames_sent_total", process="b:1")] == 9
    assert key("frames_sent_total", process=heart.process) in found


def test_counters_stay_and_gauges_go_when_a_process_ends(client: Client) -> None:
    other("gone:1", seconds_ago=30)
    found = samples(client)
    assert key("frames_sent_total", process="gone:1") in found
    assert key("sockets_open", process="gone:1") not in found


def test_nothing_is_told_of_a_process_that_is_gone_for_five_minutes(client: Client) -> None:
    other("gone:1", seconds_ago=301)
    assert key("frames_sent_total", process="gone:1") not in samples(client)


def test_what_was_written_for_others_reads_as_it_was() -> None:
    assert json.loads(json.dumps(counts.snapshot())) == [
        [*family[:3], [list(sample) for sample in family[3]]] for family in counts.snapshot()
    ]


def test_tables_are_told(client: Client) -> None:
    make_user()
    make_source(is_paused=True)
    make_source(failure_count=1, last_fetched_at=now())
    make_event(created_at=now() - timedelta(seconds=90))
    found = samples(client)
    assert found[key("sources", status="paused")] == 1
    assert found[key("sources", status="failing")] == 1
    assert found[key("waiting", queue="events")] == 1
    assert found[key("waiting_oldest_seconds")] >= 90
    assert found[key("rows", table="users")] == 1
    assert found[key("component_healthy", component="database")] == 1
    assert found[key("component_healthy", component="worker")] == 0
    assert found[key("last_crawl_timestamp_seconds")] > 0


def test_no_table_is_counted_without_a_limit() -> None:
    given = connection.settings_dict
    try:
        with CaptureQueriesContext(connection) as queries:
            numbers.look()
    finally:  # it told the connection to hurry
        connection.close()
        connection.settings_dict = given
    counting = [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
    assert counting
    assert all("LIMIT" in sql for sql in counting)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"host": "10.0.0.7"}, 200),
        ("127.0.0.1", {"x-forwarded-for": "8.8.8.8"}, 403),
        ("127.0.0.1", {"forwarded": "for=8.8.8.8"}, 403),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
    ],
)
def test_without_token_only_this_machine_may_ask(
    client: Client, address: str, headers: dict[str, str], status: int
) -> None:
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ("Bearer right", 200),
        ("bearer right", 200),
        ("Bearer wrong", 401),
        ("right", 401),
        ("", 401),
    ],
)
def test_with_token_whoever_has_it_may_ask(
    client: Client, settings: LazySettings, credentials: str, status: int
) -> None:
    settings.METRICS_TOKEN = "right"
    headers = {"authorization": credentials, "x-forwarded-for": "8.8.8.8"}
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR="10.0.0.7")
    assert answer.status_code == status
    assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
