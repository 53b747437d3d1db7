from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.tests.factories import client_of, make_user
from news.models import Article, Source
from news.tests.factories import NOW, item, make_article, make_source, make_topic, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server

pytestmark = pytest.mark.django_db
V1 = "/api/v1"
SECRET = "https://me:pw@brought.example/feed?token=s3cret"
SOURCE_FIELDS = {
    "id", "url", "site_url", "title", "topic", "status", "paused", "last_fetched_at",
    "next_fetch_at", "interval_seconds", "last_error", "article_count", "subscriber_count",
}  # fmt: skip


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


def follow(user: User, source: Source) -> None:
    user.subscriptions.create(kind="source", source=source)


def test_source_has_the_promised_fields_when_new(anybody: APIClient) -> None:
    source = make_source("https://example.org/f?a=1", topic=make_topic("own"))
    shown = anybody.get(f"{V1}/sources/{source.pk}").json()
    assert set(shown) == SOURCE_FIELDS
    assert (shown["id"], shown["topic"], shown["status"]) == (source.pk, "own", "new")
    assert (shown["url"], shown["next_fetch_at"]) == (source.url, "2026-03-01T12:00:00Z")
    assert (shown["paused"], shown["article_count"], shown["subscriber_count"]) == (False, 0, 0)
    for field in ("last_fetched_at", "interval_seconds", "last_error"):
        assert shown[field] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=new", 1),
        ("status=failing", 1),
        ("status=gone", 0),
        ("topic=own", 2),
        ("topic=x", 0),
    ],
)
def test_sources_are_filtered_when_asked(anybody: APIClient, query: str, count: int) -> None:
    topic = make_topic("own")
    make_source(topic=topic)
    make_source(topic=topic, failure_count=1)
    assert anybody.get(f"{V1}/sources?{query}").json()["count"] == count


def test_source_is_fetched_and_its_articles_are_there_when_posted(
    editor: APIClient, server: Server
) -> None:
    body = {"url": f"{server.url}/feed", "topic": "tech", "title": "Mine"}
    made = editor.post(f"{V1}/sources", body)
    shown = made.json()
    assert (made.status_code, shown["status"], shown["article_count"]) == (201, "ok", 1)
    assert (shown["title"], shown["topic"]) == ("Mine", "tech")
    assert editor.get(f"{V1}/articles?source={shown['id']}").json()["count"] == 1
    again = editor.post(f"{V1}/sources/", {**body, "title": "Other"})
    assert (again.status_code, again.json()) == (200, shown)


def test_source_is_refused_with_a_reason_when_its_url_is_no_feed(
    editor: APIClient, server: Server
) -> None:
    server.respond = lambda _: Answer(500)
    answer = editor.post(f"{V1}/sources", {"url": server.url, "topic": "tech"})
    assert answer.status_code == 400
    assert answer.json() == {"url": ["127.0.0.1 answered 500 Internal Server Error."]}


def test_source_is_stored_at_once_when_not_checked(editor: APIClient, server: Server) -> None:
    body = {"url": server.url, "topic": "tech", "check": False}
    made = editor.post(f"{V1}/sources", body)
    assert (made.status_code, made.json()["status"], server.requests) == (201, "new", [])


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", ""), ("url", None), ("url", "x\0y"), ("url", ["http://a.example/"]), ("url", 5),
     ("url", "http://example.org:99999/"), ("url", "x" * 2001), ("topic", "nothing"),
     ("topic", None), ("topic", {"a": 1}), ("topic", "\0"), ("check", "perhaps"), ("check", []),
     ("title", "t" * 301)],
)  # fmt: skip
def test_source_is_refused_by_field_when_a_value_is_wrong(
    editor: APIClient, field: str, value: object
) -> None:
    body = {"url": "http://example.org/", "topic": "tech", "check": False, field: value}
    answer = editor.post(f"{V1}/sources", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_source_changes_what_an_editor_may_when_patched(editor: APIClient) -> None:
    source = make_source(first_crawled_at=NOW)
    body = {
        "paused": True,
        "interval_seconds": 60,
        "topic": "tech",
        "title": "T",
        "url": "http://x/",
    }
    shown = editor.patch(f"{V1}/sources/{source.pk}", body).json()
    assert (shown["paused"], shown["status"], shown["topic"]) == (True, "paused", "tech")
    assert (shown["interval_seconds"], shown["title"]) == (60, "T")
    assert shown["url"] == source.url
    back = editor.patch(f"{V1}/sources/{source.pk}", {"paused": False, "interval_seconds": None})
    assert (back.json()["paused"], back.json()["interval_seconds"]) == (False, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("interval_seconds", 59), ("interval_seconds", 10**25), ("interval_seconds", "x"),
     ("interval_seconds", 1.5), ("paused", "perhaps"), ("paused", None), ("topic", "nothing"),
     ("title", None)],
)  # fmt: skip
def test_source_answers_400_by_field_when_a_patch_is_wrong(
    editor: APIClient, field: str, value: object
) -> None:
    answer = editor.patch(f"{V1}/sources/{make_source().pk}", {field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_source_goes_with_its_articles_when_deleted(editor: APIClient) -> None:
    article = make_article(make_source())
    assert editor.delete(f"{V1}/sources/{article.source_id}").status_code == 204
    assert not Article.objects.exists()


def test_source_that_a_reader_brought_is_hidden_when_one_does_not_follow_it(
    anybody: APIClient,
) -> None:
    article = make_article(make_source(SECRET, is_brought=True))
    for client in (anybody, client_of(make_user())):
        assert client.get(f"{V1}/sources/{article.source_id}").status_code == 404
        assert client.get(f"{V1}/articles/{article.pk}").status_code == 404
        assert client.get(f"{V1}/sources").json()["count"] == 0
        assert client.get(f"{V1}/articles?source={article.source_id}").json()["count"] == 0


def test_secrets_of_a_brought_source_are_shown_only_to_followers_and_editors(
    anybody: APIClient, editor: APIClient
) -> None:
    source = make_source(SECRET, is_brought=True, topic=make_topic())
    follower = make_user()
    follow(follower, source)
    for client, url in [
        (anybody, "https://brought.example/feed"),
        (client_of(make_user()), "https://brought.example/feed"),
        (client_of(follower), SECRET),
        (editor, SECRET),
    ]:
        assert client.get(f"{V1}/sources/{source.pk}").json()["url"] == url
        assert client.get(f"{V1}/sources").json()["results"][0]["url"] == url
