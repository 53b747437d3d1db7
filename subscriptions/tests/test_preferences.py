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
    "language": "en",
}
LINE = "in-app now, push after 20 s, SMS after 30 min if high"
LADDER = [
    {"channel": "push", "after": "20s"},
    {"channel": "sms", "after": "30m", "min_priority": "high"},
]
LIMITS = {"push": {"count": 10, "minutes": 60}}
EVERYTHING: dict[str, Any] = {
    "subscribed": False,
    "topic": ["tech", "world"],
    "priority": ["high"],
    "category": ["alert"],
    "delivery": {
        "timezone": "Asia/Tokyo",
        "quiet_hours": {"from": "22:00", "until": "07:00"},
        "windows": [{"days": ["mon", "sun"], "from": "08:00", "until": "18:00"}],
        "digest": {"mode": "daily", "at": "07:30"},
        "ladder": LADDER,
        "limits": LIMITS,
        "one_by_one": True,
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


def test_everything_is_shown_as_it_was_put(client: APIClient) -> None:
    answer = client.put(PATH, EVERYTHING)
    assert answer.json() == client.get(PATH).json() == {**EVERYTHING, "language": "en"}


def test_all_keys_are_replaced_when_put(client: APIClient) -> None:
    client.put(PATH, EVERYTHING)
    assert client.put(PATH, {"subscribed": False}).json() == {**DEFAULTS, "subscribed": False}


def test_defaults_are_back_when_deleted(client: APIClient) -> None:
    client.put(PATH, EVERYTHING)
    assert client.delete(PATH).status_code == 204
    assert client.get(PATH).json() == DEFAULTS


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("quiet_hours", None),
        ("windows", []),
        ("digest", {"mode": "off", "at": "08:00"}),
        ("timezone", "Europe/Berlin"),
        ("ladder", [{"channel": "chat", "after": "0s"}]),
        ("limits", {"email": {"count": 1, "minutes": 1440}}),
    ],
)
def test_delivery_is_merged_by_its_own_keys(client: APIClient, part: str, value: Any) -> None:
    client.put(PATH, EVERYTHING)
    shown = client.patch(PATH, {"delivery": {part: value}}).json()
    assert shown["delivery"] == {**EVERYTHING["delivery"], part: value}
    assert {**shown, "delivery": {}} == {**EVERYTHING, "delivery": {}, "language": "en"}


def test_ladder_is_taken_as_one_line_and_limits_end_when_they_are_empty(client: APIClient) -> None:
    shown = client.patch(PATH, {"delivery": {"ladder": LINE, "limits": LIMITS}}).json()
    assert shown["delivery"] == {**DEFAULTS["delivery"], "ladder": LADDER, "limits": LIMITS}
    assert client.patch(PATH, {"delivery": {"ladder": "", "limits": {}}}).json() == DEFAULTS


def test_language_and_time_zone_are_those_of_the_profile(client: APIClient) -> None:
    client.patch(PATH, {"language": "ru", "delivery": {"timezone": "Asia/Tokyo"}})
    profile = client.get("/api/v1/auth/me").json()
    assert (profile["language"], profile["timezone"]) == ("ru", "Asia/Tokyo")
    client.patch("/api/v1/auth/me", {"language": "en"})
    assert client.get(PATH).json()["language"] == "en"


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_form_that_does_not_name_subscribed_leaves_it(client: APIClient, method: str) -> None:
    answer = getattr(client, method)(PATH, {"priority": ["high"]}, format="multipart")
    assert (answer.status_code, answer.json()) == (200, {**DEFAULTS, "priority": ["high"]})


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
        ({"delivery": {"windows": [{"days": ["sol"], **QUIET}]}}, "no day 'sol', only mon, tue"),
        ({"delivery": {"windows": [{"days": [], **QUIET}]}}, "empty"),
        ({"delivery": {"digest": {"mode": "yearly"}}}, "only off, hourly, daily"),
        ({"delivery": {"digest": {"mode": "daily", "at": "8"}}}, "22:30"),
        ({"delivery": {"ladder": "fax now"}}, "no channel 'fax', only in-app, push, e-mail"),
        ({"delivery": {"ladder": "push now, " * 60}}, "at most 500 characters"),
        ({"delivery": {"ladder": 5}}, "Expected a list"),
        ({"delivery": {"ladder": [{"channel": "push"}]}}, "required"),
        ({"delivery": {"ladder": [{"channel": "push", "after": "soon"}]}}, "no time to wait"),
        ({"delivery": {"ladder": [{"channel": [], "after": "1s"}]}}, "Not a valid string"),
        ({"delivery": {"limits": {"fax": {"count": 1, "minutes": 1}}}}, "only push, email, sms"),
        ({"delivery": {"limits": {"push": {"count": 0, "minutes": 1}}}}, "greater than"),
        ({"delivery": {"limits": {"push": {"count": 1, "minutes": 1441}}}}, "less than"),
        ({"delivery": {"limits": {"push": {"count": 1}}}}, "required"),
        ({"delivery": {"limits": []}}, "Expected a dictionary"),
        ({"language": "tlh"}, "There is no language 'tlh', only en, ru."),
        ({"priority": None}, "may not be null"),
        ({"delivery": None}, "may not be null"),
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


def test_preferences_are_for_people() -> None:
    client = client_of()
    for method in ("get", "put", "patch", "post", "delete"):
        assert getattr(client, method)(PATH, {}).status_code == 401
