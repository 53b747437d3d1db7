from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_topic
from subscriptions.models import Preferences, Subscription
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PATH = "/api/v1/preferences"
DEFAULTS: dict[str, Any] = {
    "subscribed": True,
    "topic": [],
    "priority": [],
    "category": [],
    "delivery": {
        "timezone": "UTC",
        "quiet_hours": None,
        "windows": [],
        "digest": {"mode": "off", "at": "08:00"},
    },
}
QUIET = {"from": "22:00", "until": "07:00"}


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def test_preferences_are_the_defaults_when_nobody_changed_them(client: APIClient) -> None:
    assert client.get(PATH).json() == DEFAULTS
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("method", ["post", "patch"])
def test_named_keys_are_replaced_and_the_others_stay(client: APIClient, method: str) -> None:
    client.patch(PATH, {"category": ["alert", "Update"], "delivery": {"quiet_hours": QUIET}})
    answer = getattr(client, method)(
        PATH,
        {"topic": ["tech"], "priority": ["high", "low"], "delivery": {"timezone": "Asia/Tokyo"}},
    )
    assert (answer.status_code, answer.json()) == (
        200,
        {
            **DEFAULTS,
            "topic": ["tech"],
            "priority": ["low", "high"],
            "category": ["alert", "update"],
            "delivery": {**DEFAULTS["delivery"], "timezone": "Asia/Tokyo", "quiet_hours": QUIET},
        },
    )
    assert client.get(PATH).json() == answer.json()


def test_all_keys_are_replaced_when_put(client: APIClient) -> None:
    client.patch(
        PATH, {"category": ["alert"], "topic": ["tech"], "delivery": {"quiet_hours": QUIET}}
    )
    answer = client.put(PATH, {"subscribed": False})
    assert answer.json() == {**DEFAULTS, "subscribed": False}


def test_defaults_are_back_when_deleted(client: APIClient) -> None:
    client.patch(PATH, {"category": ["alert"], "topic": ["tech"], "subscribed": False})
    assert client.delete(PATH).status_code == 204
    assert client.get(PATH).json() == DEFAULTS


def test_topics_are_the_subscriptions_of_kind_topic(client: APIClient, ann: User) -> None:
    kept, left, other = make_topic(), make_topic(), make_topic()
    for topic in (kept, left):
        make_subscription(ann, topic)
    row = Subscription.objects.get(topic=kept)
    make_subscription(make_user(), left)
    client.patch(PATH, {"topic": [kept.slug, other.slug, other.slug]})
    mine = Subscription.objects.filter(user=ann).order_by("id")
    assert [each.topic for each in mine] == [kept, other]
    assert mine[0].pk == row.pk
    assert Subscription.objects.count() == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"topic": ["nonsense"]}, "There is no topic 'nonsense', only business, culture"),
        ({"topic": "tech"}, "Expected a list"),
        ({"topic": [{}]}, "Not a valid string"),
        ({"priority": ["urgent"]}, "There is no priority 'urgent', only low, medium, high"),
        ({"priority": "high"}, "Expected a list"),
        ({"category": ["no slug!"]}, "valid"),
        ({"category": ["x" * 51]}, "50"),
        ({"subscribed": "perhaps"}, "boolean"),
        ({"delivery": []}, "Expected a dictionary"),
        ({"delivery": {"timezone": "Mars/Olympus"}}, "no time zone"),
        ({"delivery": {"quiet_hours": {"from": "22:00"}}}, "required"),
        ({"delivery": {"quiet_hours": {"from": "22:00", "until": "24:00"}}}, "22:30"),
        ({"delivery": {"quiet_hours": {"from": "22:00", "until": "7:00\n"}}}, "22:30"),
        ({"delivery": {"windows": [{"days": ["sol"], **QUIET}]}}, "sol"),
        ({"delivery": {"windows": [{"days": [], **QUIET}]}}, "empty"),
        ({"delivery": {"digest": {"mode": "yearly"}}}, "yearly"),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_preferences_stay_when_a_value_cannot_be_meant(
    client: APIClient, method: str, body: dict[str, Any], words: str
) -> None:
    answer = getattr(client, method)(PATH, {"subscribed": False, **body})
    assert answer.status_code == 400
    assert words in str(answer.json())
    assert client.get(PATH).json() == DEFAULTS


def test_delivery_takes_windows_and_a_digest(client: APIClient) -> None:
    delivery = {
        "timezone": "Europe/Berlin",
        "quiet_hours": None,
        "windows": [{"days": ["mon", "fri"], "from": "08:00", "until": "18:00"}],
        "digest": {"mode": "daily", "at": "07:30"},
    }
    assert client.put(PATH, {"delivery": delivery}).json()["delivery"] == delivery


def test_preferences_are_for_people() -> None:
    client = client_of()
    for method in ("get", "put", "patch", "post", "delete"):
        assert getattr(client, method)(PATH, {}).status_code == 401
