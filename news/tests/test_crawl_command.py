from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from news.models import Article
from news.services import add_source
from newsnotify.lib.outbound_policy import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from newsnotify.tests.feeds import published

pytestmark = pytest.mark.django_db


def crawl(*urls: str) -> str:
    said = StringIO()
    call_command("crawl", *urls, stdout=said)
    return said.getvalue()


@pytest.fixture(autouse=True)
def _open_loopback(settings: LazySettings) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")


def test_crawl_tells_progress_and_reason_when_one_source_fails() -> None:
    with Server(lambda _: published("One", "Two")) as good, Server(lambda _: Answer(500)) as bad:
        add_source(url=f"{good.url}/feed", title="Good", check=False)
        add_source(url=f"{bad.url}/feed", title="Bad", check=False)
        lines = crawl().splitlines()
    assert [line.split("] ")[0] for line in lines[:2]] == ["[1/2", "[2/2"]
    assert any("Good: new, 2 new" in line for line in lines)
    assert any("Bad: failed, 127.0.0.1 answered 500" in line for line in lines)
    assert lines[-1] == "2 sources, 2 new articles."
    assert Article.objects.count() == 2


def test_crawl_takes_only_the_named_source_when_given_a_url() -> None:
    with Server(lambda _: published("One")) as server:
        add_source(url=f"{server.url}/a", check=False)
        add_source(url=f"{server.url}/b", check=False)
        assert crawl(f"{server.url}/b").endswith("1 sources, 1 new articles.\n")
        assert [request.path for request in server.requests] == ["/b"]


def test_crawl_names_the_url_when_it_is_no_source() -> None:
    with pytest.raises(CommandError, match=r"https://unknown\.example/: no such source"):
        crawl("https://unknown.example/")
