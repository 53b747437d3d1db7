from typing import Any

import pytest
from django.core.management import call_command
from django.utils.timezone import now
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts import credentials, links, services
from accounts.audit import By
from accounts.links import Kind
from accounts.models import User
from accounts.tests.factories import PASSWORD, client_of, make_user
from news.tests.factories import make_topic
from newsnotify.lib.outbound_policy import OutboundPolicy
from notifications import cursors
from notifications.models import Channel, Delivery, Notification
from notifications.tests.delivering import deliver, make_phone, notify
from notifications.transports.webhook import Webhook

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/channels"


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def test_webhook_shows_its_secret_once_and_stores_it_sealed(client: APIClient) -> None:
    given = {"kind": "webhook", "label": "CI", "url": "https://example.org/hook?key=private"}
    answer = client.post(PATH, given)
    made = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert made["secret"].startswith("whsec_")
    wanted = {"kind": "webhook", "label": "CI", "url": given["url"], "verified": True}
    wanted |= {"enabled": True, "last_error": None, "failing_since": None}
    assert {name: made[name] for name in wanted} == wanted
    [listed] = client.get(PATH).json()["results"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    row = Channel.objects.get()
    assert "private" not in row.sealed + row.address


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "kind"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": ["mock"]}, "kind"),
        ({"kind": "mock"}, "token"),
        ({"kind": "mock", "token": 7}, "token"),
        ({"kind": "webhook"}, "url"),
        ({"kind": "webhook", "url": "ftp://example.org"}, "url"),
        ({"kind": "webhook", "url": "http://example.org/"}, "url"),
        ({"kind": "webhook", "url": "https://127.0.0.1/"}, "url"),
        ({"kind": "webhook", "url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"kind": "mock", "token": "a", "label": "x" * 101}, "label"),
        ([], "non_field_errors"),
    ],
)
def test_what_is_no_channel_is_400_by_field(client: APIClient, given: Any, field: str) -> None:
    answer = client.post(PATH, given)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_channels_of_a_user_are_bounded(ann: User, client: APIClient) -> None:
    Channel.objects.bulk_create(Channel(user=ann, kind="mock", address="a") for _ in range(50))
    assert client.post(PATH, {"kind": "mock", "token": "a"}).status_code == 400


def test_channel_is_renamed_switched_and_deleted(ann: User, client: APIClient) -> None:
    path = f"{PATH}/{make_phone(ann).pk}"
    Channel.objects.update(is_enabled=False, disabled_reason="gone", failing_since=now())
    answer = client.patch(path, {"label": "Mine", "enabled": True}).json()
    assert (answer["label"], answer["enabled"]) == ("Mine", True)
    assert (answer["disabled_reason"], answer["failing_since"]) == ("", None)
    assert client.patch(path, {"enabled": "perhaps"}).status_code == 400
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_test_goes_all_the_way_to_this_channel_alone(ann: User, client: APIClient) -> None:
    phone, _ = make_phone(ann, "one"), make_phone(ann, "two")
    answer = client.post(f"{PATH}/{phone.pk}/test")
    assert answer.status_code == 202
    assert deliver(now()) == 1
    [delivery] = client.get(answer.json()["deliveries"]).json()
    assert (delivery["channel"], delivery["kind"], delivery["state"]) == (
        phone.pk,
        "mock",
        "delivered",
    )
    assert [attempt["result"] for attempt in delivery["attempts"]] == ["delivered"]
    assert delivery["due_at"] is None
    [message] = client.get(f"{PATH}/{phone.pk}/outbox").json()
    assert (message["title"], message["notification_id"]) == (
        "A test of your channel",
        answer.json()["notification"],
    )
    client.patch(f"{PATH}/{phone.pk}", {"enabled": False})
    assert client.post(f"{PATH}/{phone.pk}/test").status_code == 409


def test_endpoint_asks_for_everything_since_a_cursor(
    ann: User, client: APIClient, settings: Settings
) -> None:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    made = client.post(PATH, {"kind": "webhook", "url": "http://127.0.0.1:9/"}).json()
    path = f"{PATH}/{made['id']}/messages"
    rows = [notify(ann, title=f"news {number}") for number in range(3)]
    found = client.get(path).json()
    assert [each["body"]["data"]["id"] for each in found["results"]] == [row.pk for row in rows]
    assert found["results"][0]["id"] == Delivery.objects.earliest("pk").parcel_id
    assert client.get(path, {"since": found["cursor"]}).json()["results"] == []
    after = cursors.encode(rows[0].created_revision)
    assert len(client.get(path, {"since": after}).json()["results"]) == 2
    assert client.get(path, {"since": "x"}).status_code == 400


def test_secret_is_rotated_for_webhooks_alone(ann: User, client: APIClient) -> None:
    made = client.post(PATH, {"kind": "webhook", "url": "https://example.org/"}).json()
    fresh = client.post(f"{PATH}/{made['id']}/secret").json()["secret"]
    assert Channel.objects.get(pk=made["id"]).opened["secrets"] == [fresh, made["secret"]]
    assert client.post(f"{PATH}/{make_phone(ann).pk}/secret").status_code == 409
    assert client.get(f"{PATH}/{made['id']}/outbox").status_code == 409
    assert Webhook.repeats_unknown


def test_secrets_outlive_the_key_that_sealed_them_when_it_is_forgotten(
    client: APIClient, settings: Settings
) -> None:
    made = client.post(PATH, {"kind": "webhook", "url": "https://example.org/"}).json()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the key that took its place, as long as it has to be"
    call_command("rotate_secret_key", "--forget")
    settings.SECRET_KEY_FALLBACKS = []
    assert Channel.objects.get().opened["secrets"] == [made["secret"]]


def test_account_s_own_channel_keeps_in_step_with_it() -> None:
    user = services.register(email="new@example.org", password=PASSWORD)
    own = Channel.objects.get(user=user)
    assert (own.kind, own.address, own.is_account, own.is_ready) == (
        "email",
        "new@example.org",
        True,
        False,
    )
    credentials.verify(token=links.token(Kind.VERIFY, user), by=By())
    own.refresh_from_db()
    assert own.is_ready
    credentials.ask_email_change(user=user, current=PASSWORD, email="newer@example.org")
    credentials.verify(token=links.token(Kind.CHANGE_EMAIL, user), by=By())
    own.refresh_from_db()
    assert (own.address, own.is_ready) == ("newer@example.org", True)
    assert client_of(user).delete(f"{PATH}/{own.pk}").status_code == 409
    assert Channel.objects.filter(user=user).count() == 1


def test_dead_letters_are_listed_filtered_and_sent_once_more(ann: User, client: APIClient) -> None:
    make_phone(ann)
    rows = [notify(ann) for _ in range(3)]
    Delivery.objects.exclude(notification=rows[0]).update(
        state="dead", reason="It answered 500.", due_at=None, ended_at=now()
    )
    Notification.objects.update(outcome="failed")
    listed = client.get("/api/v1/deliveries").json()
    assert [each["notification"] for each in listed["results"]] == [rows[2].pk, rows[1].pk]
    narrowed = {"state": "pending", "kind": "mock", "since": "2020-01-01T00:00:00Z"}
    assert client.get("/api/v1/deliveries", narrowed).json()["count"] == 1
    assert client.get("/api/v1/deliveries", {"state": "lost"}).status_code == 400
    one = f"/api/v1/deliveries/{listed['results'][0]['id']}/replay"
    assert client.post(one).json()["state"] == "pending"
    assert client.post(one).status_code == 409
    replay = "/api/v1/deliveries/replay"
    assert client.post(replay, {"ids": [1], "since": "2020-01-01T00:00:00Z"}).status_code == 400
    since = {"since": "2020-01-01T00:00:00Z"}
    assert client.post(replay, {**since, "kind": "webhook"}).json() == {"replayed": 0}
    assert client_of(make_user()).post(replay, since).json() == {"replayed": 0}
    assert client.post(replay, since).json() == {"replayed": 1}
    assert deliver(now()) == 3
    assert set(Notification.objects.values_list("outcome", flat=True)) == {"delivered"}
    log = client.get(f"/api/v1/notifications/{rows[1].pk}/deliveries").json()[0]["attempts"]
    assert [(each["result"], each["actor"]) for each in log] == [
        ("replayed", f"user {ann.pk}"),
        ("delivered", "worker"),
    ]


def test_subscription_names_channels_of_its_own_user_only(client: APIClient, ann: User) -> None:
    make_topic("tech")
    mine, other = make_phone(ann), make_phone(make_user("bob@example.org"))
    wish = {"kind": "topic", "topic": "tech"}
    refused = client.post("/api/v1/subscriptions", {**wish, "channels": [mine.pk, other.pk]})
    assert refused.status_code == 400
    assert refused.json() == {"channels": [f"You have no channel {other.pk}."]}
    made = client.post("/api/v1/subscriptions", {**wish, "channels": [mine.pk]}).json()
    assert made["channels"] == [mine.pk]
    path = f"/api/v1/subscriptions/{made['id']}"
    assert client.patch(path, {"channels": [other.pk]}).status_code == 400
    assert client.patch(path, {"paused": True}).json()["channels"] == [mine.pk]
    assert client.patch(path, {"channels": []}).json()["channels"] == []
