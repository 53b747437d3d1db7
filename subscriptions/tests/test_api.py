from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.models import Source
from news.tests.factories import item, make_source, make_topic, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from subscriptions.models import Subscription
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PATH = "/api/v1/subscriptions"


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server(lambda _: Answer(body=rss(item("a")))) as running:
        yield running


@pytest.mark.parametrize("slash", ["", "/"])
def test_topic_is_followed_once_when_posted_twice(client: APIClient, slash: str) -> None:
    body = {"kind": "topic", "topic": "tech"}
    made, again = client.post(PATH + slash, body), client.post(PATH + slash, body)
    shown = made.json()
    assert (made.status_code, again.status_code, again.json()) == (201, 200, shown)
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "id": Subscription.objects.get().pk,
        "kind": "topic",
        "topic": "tech",
        "source": None,
        "query": None,
        "min_priority": "low",
        "muted_until": None,
        "paused": False,
        "channels": [],
    }
    assert client.get(PATH + slash).json()["count"] == 1


def test_source_is_followed_when_named_by_id(client: APIClient) -> None:
    source = make_source(topic=make_topic())
    made = client.post(PATH, {"kind": "source", "source": source.pk, "topic": None})
    assert (made.status_code, made.json()["source"]) == (201, source.pk)


def test_source_is_brought_and_seen_by_its_follower_when_named_by_url(
    client: APIClient, server: Server
) -> None:
    body = {"kind": "source", "url": f"{server.url}/feed?key=1"}
    made, again = client.post(PATH, body), client.post(PATH, body)
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    source_path = f"/api/v1/sources/{made.json()['source']}"
    assert client.get(source_path).json()["url"] == body["url"]
    assert client_of(make_user()).get(source_path).status_code == 404
    assert client.delete(f"{PATH}/{made.json()['id']}").status_code == 204
    assert client.get(source_path).status_code == 404
    assert Source.objects.get().topic is None


def test_subscription_is_refused_with_a_reason_when_the_url_is_no_feed(
    client: APIClient, server: Server
) -> None:
    server.respond = lambda _: Answer(body=b"<html></html>")
    answer = client.post(PATH, {"kind": "source", "url": server.url})
    assert (answer.status_code, answer.json()) == (
        400,
        {"url": ["This is a web page, not a feed."]},
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "x"}, "kind"),
        ({"kind": ["topic"]}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": "topic"}, "topic"),
        ({"kind": "topic", "topic": "nothing"}, "topic"),
        ({"kind": "topic", "topic": ["tech"]}, "topic"),
        ({"kind": "topic", "url": "https://example.org/"}, "topic"),
        ({"kind": "source"}, "source"),
        ({"kind": "source", "source": 10**18}, "source"),
        ({"kind": "source", "source": 10**25}, "source"),
        ({"kind": "source", "source": "x"}, "source"),
        ({"kind": "source", "source": True}, "source"),
        ({"kind": "source", "source": {}}, "source"),
        ({"kind": "source", "topic": "tech"}, "source"),
        ({"kind": "source", "url": ""}, "url"),
        ({"kind": "source", "url": "x\0"}, "url"),
        ({"kind": "source", "url": "nonsense"}, "url"),
        ({"kind": "source", "url": ["https://example.org/"]}, "url"),
    ],
)
def test_subscription_is_refused_by_field_when_a_value_is_wrong(
    client: APIClient, body: dict[str, object], field: str
) -> None:
    answer = client.post(PATH, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Subscription.objects.exists()


def test_source_of_others_cannot_be_followed_when_it_has_no_topic(client: APIClient) -> None:
    hidden = make_source(is_brought=True)
    answer = client.post(PATH, {"kind": "source", "source": hidden.pk})
    assert (answer.status_code, list(answer.json())) == (400, ["source"])


def test_subscription_of_somebody_else_is_not_found_when_asked_for(client: APIClient) -> None:
    row = make_subscription(make_user(), make_topic())
    for pk in (row.pk, 10**25):
        assert client.get(f"{PATH}/{pk}").status_code == 404
        assert client.delete(f"{PATH}/{pk}").status_code == 404
    assert Subscription.objects.get() == row


def test_subscription_is_shown_and_ended_when_it_is_ones_own(client: APIClient, ann: User) -> None:
    row = make_subscription(ann, make_topic("own"))
    assert client.get(f"{PATH}/{row.pk}/").json()["topic"] == "own"
    assert client.delete(f"{PATH}/{row.pk}/").status_code == 204
    assert not Subscription.objects.exists()


def test_subscriptions_need_credentials_when_asked_for() -> None:
    for answer in (client_of().get(PATH), client_of().post(PATH, {"kind": "topic"})):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
