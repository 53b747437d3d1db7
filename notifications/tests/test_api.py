import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.models import Topic
from news.tests.factories import NOW, make_source, make_topic
from notifications import services
from notifications.fanout import fan_out_due
from notifications.models import Inbox
from notifications.tests.factories import announce, follow, make_event, tell

pytestmark = pytest.mark.django_db

PATH = "/api/v1/notifications"
EVERY_PATH = [
    ("get", PATH),
    ("get", f"{PATH}/1"),
    ("patch", f"{PATH}/1"),
    ("post", f"{PATH}/read"),
    ("get", f"{PATH}/counts"),
]


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> APIClient:
    return client_of(user)


def titles(client: APIClient, **query: str) -> list[str]:
    response = client.get(PATH, query)
    assert response.status_code == 200, response.json()
    return [row["title"] for row in response.json()["results"]]


def test_notification_has_its_shape(user: User, client: APIClient) -> None:
    topic = Topic.objects.get(slug="tech")
    row = tell(
        user,
        topic=topic,
        title="Title",
        message="Message",
        url="https://example.org/",
        category="alert",
        priority="high",
        data={"a": 1},
    )
    expected: dict[str, Any] = {
        "id": row.pk,
        "event_id": row.event_id,
        "user_id": user.pk,
        "external_id": None,
        "title": "Title",
        "message": "Message",
        "url": "https://example.org/",
        "topic": "tech",
        "category": "alert",
        "priority": "high",
        "type": "in_app",
        "status": "delivered",
        "read": False,
        "read_at": None,
        "archived": False,
        "article": None,
        "metadata": {"a": 1},
        "source_title": "",
        "release_time": "2026-03-01T12:00:00Z",
        "created_at": "2026-03-01T12:00:00Z",
        "cursor": "1.1",
    }
    assert client.get(f"{PATH}/{row.pk}").json() == expected
    assert client.get(f"{PATH}/{row.pk}/").json() == expected
    body = client.get(PATH).json()
    assert body == {"count": 1, "next": None, "previous": None, "results": [expected]}


def test_notification_of_an_article_names_it(user: User, client: APIClient) -> None:
    source = make_source()
    follow(user, source)
    article = announce(source)
    fan_out_due(NOW)
    (shown,) = client.get(PATH).json()["results"]
    assert (shown["article"], shown["topic"]) == (article.pk, None)


def test_times_are_in_utc_when_the_reader_lives_elsewhere(client: APIClient, user: User) -> None:
    User.objects.filter(pk=user.pk).update(timezone="Asia/Kolkata")
    pk = tell(user).pk
    shown = client.patch(f"{PATH}/{pk}", {"read": True}).json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", shown["read_at"])
    age = datetime.now(UTC) - datetime.fromisoformat(shown["read_at"])
    assert abs(age) < timedelta(minutes=1)


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_caller_is_asked_for_credentials_when_there_are_none(method: str, path: str) -> None:
    response = getattr(client_of(), method)(path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert list(response.json()) == ["detail"]


def test_notification_is_not_found_when_it_is_somebody_elses(client: APIClient) -> None:
    foreign = tell(make_user())
    assert client.get(f"{PATH}/{foreign.pk}").status_code == 404
    assert client.patch(f"{PATH}/{foreign.pk}", {"read": True}).status_code == 404
    assert client.post(f"{PATH}/read", {"ids": [foreign.pk]}).json() == {"unread": 0}
    foreign.refresh_from_db()
    assert foreign.is_unread
    assert titles(client) == []


@pytest.mark.parametrize("pk", [0, 2**63, 10**40])
def test_notification_is_not_found_when_there_is_no_such_number(pk: int, client: APIClient) -> None:
    assert client.get(f"{PATH}/{pk}").status_code == 404
    assert client.patch(f"{PATH}/{pk}", {"read": True}).status_code == 404


def test_list_is_newest_first_without_what_is_archived(user: User, client: APIClient) -> None:
    old, new, away = (tell(user, title=title) for title in ("old", "new", "away"))
    services.archive(user=user, ids=[away.pk])
    services.mark_read(user=user, now=NOW, ids=[old.pk])
    assert titles(client) == [new.event.title, "old"]
    assert titles(client, archived="true") == ["away"]
    assert titles(client, archived="false") == ["new", "old"]
    assert titles(client, read="true") == ["old"]
    assert titles(client, read="false") == ["new"]


def test_list_is_filtered_by_what_the_event_says(user: User, client: APIClient) -> None:
    tell(user, title="one", topic=Topic.objects.get(slug="tech"), category="alert", priority="high")
    tell(user, title="two", topic=Topic.objects.get(slug="sports"), message="100% of it")
    assert titles(client, topic="tech") == ["one"]
    assert titles(client, topic="cooking") == []
    assert titles(client, category="general") == ["two"]
    assert titles(client, priority="high") == ["one"]
    assert titles(client, q="ONE") == ["one"]
    assert titles(client, q="0% o") == ["two"]
    assert titles(client, q="%") == ["two"]
    assert titles(client, topic="tech", q="two") == []


def test_pages_are_exact_when_rows_are_added_meanwhile(user: User, client: APIClient) -> None:
    topic = make_topic()
    follow(user, topic)
    for number in range(7):
        make_event(topic=topic, title=str(number))
    fan_out_due(NOW)
    seen, url = [], f"{PATH}?limit=3"
    while url:
        body = client.get(url).json()
        seen += [row["title"] for row in body["results"]]
        url = body["next"]
        tell(user, title="late", topic=topic)
    assert seen == [str(number) for number in reversed(range(7))]


def test_page_is_empty_when_it_is_after_the_last(user: User, client: APIClient) -> None:
    tell(user)
    body = client.get(PATH, {"page": 99}).json()
    assert (body["count"], body["results"], body["next"]) == (1, [], None)


@pytest.mark.parametrize(
    ("changes", "status", "unread"),
    [
        ({"read": True}, "read", 1),
        ({"archived": True}, "archived", 1),
        ({"read": True, "archived": True}, "archived", 1),
        ({"read": False}, "delivered", 2),
        ({}, "delivered", 2),
    ],
)
def test_patch_answers_with_the_notification_as_it_became(
    changes: dict[str, bool], status: str, unread: int, user: User, client: APIClient
) -> None:
    pk = tell(user).pk
    tell(user)
    first = client.patch(f"{PATH}/{pk}", changes)
    again = client.patch(f"{PATH}/{pk}", changes)
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["status"] == status
    assert first.json()["read"] is changes.get("read", False)
    assert first.json()["archived"] is changes.get("archived", False)
    assert client.get(f"{PATH}/counts").json() == {"unread": unread}


def test_reading_marks_some_or_all(user: User, client: APIClient) -> None:
    rows = [tell(user) for _ in range(3)]
    assert client.get(f"{PATH}/counts").json() == {"unread": 3}
    assert client.post(f"{PATH}/read", {"ids": [rows[0].pk]}).json() == {"unread": 2}
    assert client.post(f"{PATH}/read", {"ids": [rows[0].pk]}).json() == {"unread": 2}
    assert client.post(f"{PATH}/read", {"ids": []}).json() == {"unread": 2}
    assert client.post(f"{PATH}/read", {"all": True}).json() == {"unread": 0}
    assert Inbox.objects.get(user=user).revision == 5


@pytest.mark.parametrize(
    "query",
    [
        {"priority": "urgent"},
        {"limit": "101"},
        {"limit": "0"},
        {"page": "x"},
        {"page": "-1"},
        {"anchor": "x"},
        {"anchor": "WyJ4Il0"},
        {"q": "\0"},
        {"topic": "\0"},
        {"category": "\0"},
    ],
)
def test_list_is_refused_when_the_query_cannot_be_meant(
    query: dict[str, str], client: APIClient
) -> None:
    response = client.get(PATH, query)
    assert response.status_code == 400
    assert response.json().keys() == query.keys()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": [1], "all": True},
        {"all": False},
        {"ids": "1"},
        {"ids": ["x"]},
        {"ids": [0]},
        {"ids": [2**63]},
        {"ids": [None]},
        {"ids": None},
        {"ids": list(range(1, 1002))},
        [1, 2],
        "all",
        None,
    ],
)
def test_reading_is_refused_when_the_body_cannot_be_meant(
    body: object, user: User, client: APIClient
) -> None:
    tell(user)
    assert client.post(f"{PATH}/read", body).status_code == 400
    assert client.get(f"{PATH}/counts").json() == {"unread": 1}


@pytest.mark.parametrize("body", [{"read": "perhaps"}, {"read": None}, {"archived": 5}, [], "x"])
def test_patch_is_refused_when_the_body_cannot_be_meant(
    body: object, user: User, client: APIClient
) -> None:
    assert client.patch(f"{PATH}/{tell(user).pk}", body).status_code == 400


def test_body_is_refused_when_it_is_no_json(user: User, client: APIClient) -> None:
    path = f"{PATH}/{tell(user).pk}"
    assert client.patch(path, b"{", content_type="application/json").status_code == 400
    assert client.patch(path, b"<a/>", content_type="text/xml").status_code == 415
    assert client.put(path, {}).status_code == 405
