"""One's own subscriptions out and in, by API and on the page."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.models import Fetch, Source
from news.opml import Outline, write
from news.tests.factories import NOW, make_source, make_topic
from subscriptions.models import Subscription
from subscriptions.services import follow_query
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
IMPORT, EXPORT = "/api/v1/subscriptions/import", "/api/v1/subscriptions/export"


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def listed(*urls: str) -> bytes:
    return write(title="", outlines=[Outline(f"At {url}", url) for url in urls], now=NOW)


def sent(client: APIClient, markup: bytes, kind: str = "text/x-opml") -> Any:
    return client.post(IMPORT, markup, content_type=kind)


def standing(user: User) -> set[tuple[Any, ...]]:
    rows = Subscription.objects.filter(user=user)
    return set(rows.values_list("kind", "topic__slug", "source__url", "query_text", "query__topic"))


def test_what_is_exported_is_followed_again_where_it_is_imported(
    ann: User, client: APIClient
) -> None:
    tech = make_topic("own")
    for wanted in (tech, make_source(topic=tech, title="A & B"), make_source(is_brought=True)):
        make_subscription(ann, wanted)
    follow_query(user=ann, query='Moon -"full moon"', topic=tech)
    answer = client.get(EXPORT)
    assert answer.headers["Content-Type"].startswith("text/x-opml")
    assert "attachment" in answer.headers["Content-Disposition"]
    other = make_user()
    counts = sent(client_of(other), answer.content).json()
    assert counts == {"added": 4, "existing": 0, "failed": []}
    assert standing(other) == standing(ann)
    counts = sent(client_of(other), answer.content).json()
    assert counts == {"added": 0, "existing": 4, "failed": []}


def test_import_makes_unknown_sources_and_fetches_nothing(ann: User, client: APIClient) -> None:
    known = make_source("https://known.example/feed", topic=make_topic(), title="Known")
    make_subscription(ann, make_source("https://mine.example/feed"))
    new_url = "https://new.example/feed?key=secret"
    urls = ("https://known.example/feed", new_url, "HTTPS://new.example:443/feed?key=secret")
    bad = ("ftp://no.example/", "https://x.example/" + "x" * 3000)
    counts = sent(client, listed(*urls, *bad, "https://mine.example/feed")).json()
    assert (counts["added"], counts["existing"]) == (2, 1)
    assert [each["url"] for each in counts["failed"]] == list(bad)
    assert all(each["reason"] for each in counts["failed"])
    new = Source.objects.get(host="new.example")
    assert (new.is_brought, new.topic, new.status) == (True, None, "new")
    assert new.title == f"At {new_url}"
    known.refresh_from_db()
    assert (known.title, known.is_brought) == ("Known", False)
    assert not Fetch.objects.exists()
    assert ann.subscriptions.count() == 3


def test_import_costs_few_queries_however_long(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    markup = listed(*(f"https://host{number}.example/feed" for number in range(300)))
    with django_assert_max_num_queries(24):
        assert sent(client, markup).json()["added"] == 300


def test_import_says_what_is_wrong_with_each_wish(client: APIClient) -> None:
    wishes = [Outline("A", topic="none"), Outline("(moon", query="(moon")]
    counts = sent(client, write(title="", outlines=wishes, now=NOW)).json()
    assert counts["added"] == 0
    assert [each["url"] for each in counts["failed"]] == ["A", "(moon"]
    assert "bracket" in counts["failed"][1]["reason"]


@pytest.mark.parametrize("kind", ["text/x-opml", "text/xml", "application/xml; charset=utf-8"])
def test_import_takes_the_document_as_body(client: APIClient, kind: str) -> None:
    assert sent(client, listed("https://a.example/feed"), kind).json()["added"] == 1


def test_import_takes_the_document_as_file(client: APIClient) -> None:
    file = SimpleUploadedFile("mine.opml", listed("https://a.example/feed"))
    assert client.post(IMPORT, {"file": file}, format="multipart").json()["added"] == 1


@pytest.mark.parametrize("markup", [b"", b"<rss/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><opml/>"])
def test_import_is_refused_with_a_reason(client: APIClient, markup: bytes) -> None:
    answer = sent(client, markup)
    assert (answer.status_code, list(answer.json())) == (400, ["file"])


def test_import_without_a_document_is_refused(client: APIClient) -> None:
    assert client.post(IMPORT, {}, format="multipart").status_code == 400
    assert client.post(IMPORT, {"file": "x"}, format="json").status_code == 415


def test_page_imports_and_exports(client: APIClient, ann: User) -> None:
    browser = Client()
    browser.force_login(ann)
    markup = listed("https://a.example/feed", *(f"ftp://{n}.example/" for n in range(5)))
    page = browser.post(
        "/subscriptions/import", {"file": SimpleUploadedFile("mine.opml", markup)}, follow=True
    ).content.decode()
    assert "1 new subscription." in page
    assert "2 more are no feeds." in page
    assert b"https://a.example/feed" in browser.get("/subscriptions/export").content
    page = browser.post("/subscriptions/import", follow=True).content.decode()
    assert "Choose an OPML file first." in page
    page = browser.post(
        "/subscriptions/import", {"file": SimpleUploadedFile("x", b"<rss/>")}, follow=True
    ).content.decode()
    assert "This is no OPML" in page
