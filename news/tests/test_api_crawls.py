from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils.timezone import now as clock
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news.models import Fetch
from news.tests.factories import NOW, item, make_source, make_topic, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def anybody() -> APIClient:
    return client_of()


@pytest.fixture
def editor() -> APIClient:
    return client_of(make_user(role=Role.EDITOR))


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server(lambda _: Answer(headers={"ETag": '"1"'}, body=rss(item("a")))) as running:
        yield running


@pytest.mark.parametrize("slash", ["", "/"])
def test_crawl_answers_202_when_done(editor: APIClient, server: Server, slash: str) -> None:
    source = make_source(server.url)
    answer = editor.post(f"{V1}/sources/{source.pk}/crawl{slash}")
    source.refresh_from_db()
    assert answer.status_code == 202
    assert answer.json() == {
        "status": "crawled",
        "next_fetch_at": source.next_fetch_at.isoformat().replace("+00:00", "Z"),
    }
    assert source.article_count == 1


@pytest.mark.parametrize("reply", [Answer(500), Answer(body=b"")])
def test_crawl_answers_202_crawled_when_it_failed(
    editor: APIClient, server: Server, reply: Answer
) -> None:
    server.respond = lambda _: reply
    source = make_source(server.url)
    answer = editor.post(f"{V1}/sources/{source.pk}/crawl")
    assert (answer.status_code, answer.json()["status"]) == (202, "crawled")
    shown = editor.get(f"{V1}/sources/{source.pk}").json()
    assert shown["status"] == "failing"
    assert shown["last_error"]


def test_crawl_is_deferred_unless_an_admin_forces_it_when_it_should_wait(
    editor: APIClient, server: Server
) -> None:
    admin = client_of(make_user(role=Role.ADMIN))
    paused = make_source(f"{server.url}/a", is_paused=True)
    patient = make_source(f"{server.url}/b", deferred_until=clock() + timedelta(hours=1))
    for source in (paused, patient):
        path = f"{V1}/sources/{source.pk}/crawl"
        answer = editor.post(path)
        assert (answer.status_code, answer.json()["status"]) == (202, "deferred")
        assert editor.post(path, {"force": True}).status_code == 403
        assert admin.post(path, {"force": True}).json()["status"] == "crawled"


def test_crawl_answers_404_when_there_is_no_source(editor: APIClient) -> None:
    for pk in (0, 10**6, 10**25):
        assert editor.post(f"{V1}/sources/{pk}/crawl").status_code == 404


def test_fetches_are_listed_newest_first_when_an_editor_asks(
    editor: APIClient, server: Server
) -> None:
    source = make_source(server.url)
    editor.post(f"{V1}/sources/{source.pk}/crawl")
    server.respond = lambda _: Answer(304)
    editor.post(f"{V1}/sources/{source.pk}/crawl")
    newest, oldest = editor.get(f"{V1}/sources/{source.pk}/fetches").json()["results"]
    assert (newest["http_status"], newest["outcome"]) == (304, "not_modified")
    assert oldest.pop("started_at") < newest["started_at"]
    assert oldest.pop("next_fetch_at").endswith("Z")
    for span in ("duration_ms", "parse_ms", "store_ms"):
        assert oldest.pop(span) >= 0
    assert oldest == {
        "http_status": 200,
        "outcome": "new",
        "bytes": len(rss(item("a"))),
        "new_count": 1,
        "changed_count": 0,
        "error": None,
    }


def test_fetches_tell_the_error_when_there_was_one_and_are_for_editors(
    editor: APIClient, anybody: APIClient
) -> None:
    source = make_source(topic=make_topic())
    Fetch.objects.create(source=source, started_at=NOW, outcome="failed", error="No.")
    path = f"{V1}/sources/{source.pk}/fetches"
    assert editor.get(path).json()["results"][0]["error"] == "No."
    assert anybody.get(path).status_code == 401
    assert client_of(make_user()).get(path).status_code == 403
