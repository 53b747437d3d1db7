"""The conversations that existing clients hold with us, word for word, over real connections."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

from newsnotify.tests.processes import Person, Product
from newsnotify.tests.servers import IS_STACK, RedisServer, own_database, own_queue
from newsnotify.tests.stack import Stack

pytestmark = pytest.mark.timeout(240)
SUBSCRIBE = {
    "email": "test@example.com",
    "password": "testpassword",
    "subscribed": True,
    "preferences": {"topic": ["tech"], "priority": ["high"]},
}
WELCOME = {
    "user_id": "user123",
    "title": "Welcome!",
    "message": "Welcome to our platform",
    "type": "email",
    "metadata": {"priority": "high", "category": "welcome"},
}


@pytest.fixture(scope="module", params=["stack" if IS_STACK else "one process"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Person]]:
    """Give the product's address and an admin of it."""
    data_dir = tmp_path_factory.mktemp("house")
    if request.param == "one process":
        with Product(data_dir) as product:
            yield product.url, product.admin()
        return
    with RedisServer() as redis, own_queue() as (broker, _), own_database() as database:
        servers = {"CELERY_BROKER_URL": broker, "DATABASE_URL": database}
        with Stack(data_dir, webs=1, workers=1, REDIS_URL=redis.url, **servers) as stack:
            yield stack.webs[0].url, stack.webs[0].admin()


@pytest.fixture
def url(house: tuple[str, Person]) -> str:
    return house[0]


def call(method: str, url: str, status: int = 200, **kwargs: Any) -> requests.Response:
    answer = requests.request(method, url, timeout=20, **kwargs)
    assert answer.status_code == status, answer.text
    return answer


def new_mail() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("name", ["email", "username"])
def test_register_login_connect_notify_list_read(url: str, name: str) -> None:
    me = {name: new_mail(), "password": "securepassword"}
    registered = call("POST", f"{url}/register", json=me).json()
    assert registered.keys() == {"id", "email", "message"}
    login = call("POST", f"{url}/login", json=me).json()
    headers = bearer(login["access_token"])
    assert login["expires_in"] == 3600

    frames, ids = [], []
    with connect(f"{url.replace('http', 'ws')}/ws?token={login['access_token']}") as socket:
        for number in range(5):
            body = {"user_id": registered["id"], "message": f"Hello {number}"}
            queued = call("POST", f"{url}/notify", json=body, headers=headers).json()
            assert queued["status"] == "queued"
            ids.append(queued["id"])
            frames.append(json.loads(socket.recv(timeout=20)))
    assert [(f["id"], f["message"], f["read"]) for f in frames] == [
        (pk, f"Hello {number}", False) for number, pk in enumerate(ids)
    ]

    listed = []
    for page in range(1, 10):
        query = {"user_id": registered["id"], "page": page, "limit": 2}
        answer = call("GET", f"{url}/notifications", params=query, headers=headers)
        assert answer.headers["X-Total-Count"] == "5"
        if not answer.json():
            break
        listed += [row["id"] for row in answer.json()]
    assert listed == ids[::-1]

    for _ in range(2):
        read = call("PUT", f"{url}/notifications/{ids[0]}/read", headers=headers).json()
        assert (read["id"], read["read"]) == (ids[0], True)
    call("GET", f"{url}/notifications?user_id=1", 403, headers=headers)
    call("GET", f"{url}/notifications", 401)
    call("POST", f"{url}/notify", 401, json={"message": "x"})
    call("POST", f"{url}/notify", 403, json={"message": "x", "user_id": "1"}, headers=headers)
    mine = call("POST", f"{url}/notify", json={"message": "To me"}, headers=headers).json()
    assert mine["id"] > ids[-1]


def test_subscribe_token_preferences_notifications_unsubscribe_stats(url: str) -> None:
    before = call("GET", f"{url}/stats").json()["active_subscribers"]
    me = {**SUBSCRIBE, "email": new_mail()}
    answer = call("POST", f"{url}/subscribe", json=me)
    assert answer.json() == {"message": "Subscribed successfully"}
    assert list(call("POST", f"{url}/subscribe", 400, json=me).json()) == ["email"]
    assert call("GET", f"{url}/stats").json() == {"active_subscribers": before + 1}

    form = {"username": me["email"], "password": me["password"]}
    token = call("POST", f"{url}/token", data=form).json()
    assert token["token_type"] == "bearer"
    headers = bearer(token["access_token"])
    shown = call("GET", f"{url}/preferences", headers=headers).json()
    assert {name: shown[name] for name in ("subscribed", "topic", "priority", "category")} == {
        "subscribed": True, "topic": ["tech"], "priority": ["high"], "category": [],
    }  # fmt: skip
    wanted = {"topic": ["tech"], "priority": ["high"], "category": ["alert"]}
    changed = call("POST", f"{url}/preferences", json=wanted, headers=headers).json()
    assert {name: changed[name] for name in wanted} == wanted
    assert call("GET", f"{url}/notifications", headers=headers).json() == []

    gone = call("POST", f"{url}/unsubscribe", headers=headers)
    assert gone.json() == {"message": "Unsubscribed successfully"}
    assert call("GET", f"{url}/stats").json() == {"active_subscribers": before}
    assert call("GET", f"{url}/preferences", headers=headers).json()["subscribed"] is False


def test_subscribe_makes_nobody_when_the_preferences_are_wrong(url: str) -> None:
    me = {**SUBSCRIBE, "email": new_mail()}
    wrong = {**me, "preferences": {"topic": ["nonsense"]}}
    assert list(call("POST", f"{url}/subscribe", 400, json=wrong).json()) == ["preferences"]
    call("POST", f"{url}/subscribe", json=me)


def test_producer_notifies_gets_lists_changes_and_asks_for_health(
    house: tuple[str, Person],
) -> None:
    url, admin = house
    scopes = ["events:write", "notifications:read_any"]
    key = admin.post("keys", name="producer", scopes=scopes)["key"]
    talk(url, {"Authorization": f"Api-Key {key}"})


def test_anybody_notifies_gets_lists_and_changes_when_ingest_is_open(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Product(tmp_path_factory.mktemp("open"), OPEN_INGEST="1") as product:
        talk(product.url, {})


def talk(url: str, headers: dict[str, str]) -> None:
    api = f"{url}/api/v1"
    made = call("POST", f"{api}/notifications", 201, json=WELCOME, headers=headers)
    row = made.json()
    assert made.headers["Location"] == f"{api}/notifications/{row['id']}"
    assert (row["external_id"], row["title"], row["metadata"]) == (
        "user123", "Welcome!", WELCOME["metadata"],
    )  # fmt: skip
    path = f"{api}/notifications/{row['id']}"
    assert call("GET", path, headers=headers).json() == row
    listed = call("GET", f"{api}/users/user123/notifications", headers=headers).json()
    assert listed["results"][0] == row
    for status in ("read", "delivered", "archived"):
        body = {"status": status}
        changed = call("PATCH", f"{path}/status", json=body, headers=headers).json()
        assert changed["status"] == status
    assert call("GET", f"{api}/topics", headers=headers).json()["count"] >= 7


def test_openapi_names_every_short_path(url: str) -> None:
    document = call("GET", f"{url}/openapi.json").json()
    assert {"/register", "/login", "/token", "/notify", "/stats"} <= document["paths"].keys()
    for page in ("docs", "redoc"):
        assert "http" not in {
            part.split("//")[0] for part in call("GET", f"{url}/{page}").text.split('src="')[1:]
        }
