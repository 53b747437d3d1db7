"""The page that says how everything is."""

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import Heartbeat, Role
from accounts.tests.factories import make_user
from news.tests.factories import make_source
from newsnotify import numbers
from newsnotify.health import examiner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _something_runs() -> None:
    examiner.forget()
    numbers.lookout.forget()
    parts = dict.fromkeys(("web", "worker", "beat"), now().isoformat())
    Heartbeat.objects.create(process="secret-host:1", beaten_at=now(), parts=parts)


def page_of(client: Client) -> str:
    answer = client.get("/status")
    assert answer.status_code == 200
    return answer.content.decode()


def test_visitor_reads_that_everything_works_and_no_host(client: Client) -> None:
    make_source(failure_count=1)
    page = page_of(client)
    assert "Everything works." in page
    assert "<dt>Not answering</dt><dd>1</dd>" in page
    assert "secret-host" not in page


def test_visitor_reads_what_does_not_work(client: Client) -> None:
    Heartbeat.objects.update(parts={})
    page = page_of(client)
    assert "It works, but not all of it." in page
    assert "No process is running." in page


def test_staff_reads_of_processes_and_rows(client: Client) -> None:
    client.force_login(make_user(role=Role.ADMIN))
    page = page_of(client)
    assert "secret-host:1" in page
    assert "<dt>Users</dt><dd>1</dd>" in page


def test_editor_reads_no_host(client: Client) -> None:
    client.force_login(make_user(role=Role.EDITOR))
    assert "secret-host" not in page_of(client)


def test_every_page_leads_there(client: Client) -> None:
    assert '<a href="/status">Status</a>' in client.get("/topics").content.decode()
