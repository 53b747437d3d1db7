"""Who may open a socket, over a real server; what opens here says whom it was taken for."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from accounts import sign_ins, socket_auth, tokens
from accounts.audit import OPERATOR
from accounts.models import SignIn, User
from accounts.sign_ins import Origin
from accounts.socket_auth import Identity, SocketAuthentication
from newsnotify.lib.asgi_types import Receive, Scope, Send
from newsnotify.lib.tests.asgi_serving import serve

pytestmark = pytest.mark.django_db(transaction=True)


async def tell_identity(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    identity = scope["identity"]
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": json.dumps(identity and identity.user_id)})
    await send({"type": "websocket.close"})


@pytest.fixture
def address(settings: LazySettings) -> Iterator[str]:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "news.example.org"]
    settings.ALLOWED_ORIGINS = ["https://app.example.org", "bare.example.org"]
    with serve(SocketAuthentication(tell_identity), lifespan="off") as address:
        yield address


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.org", "secret words")


def whom(address: str, query: str = "", **headers: str) -> Any:
    """Open a socket and tell which user it was taken for."""
    with connect(f"ws://{address}/{query}", additional_headers=headers) as socket:
        return json.loads(socket.recv(10))


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def test_token_names_its_user_when_there_is_no_origin(address: str, ann: User) -> None:
    assert whom(address, f"?token={tokens.sign_in(ann)['access_token']}") == ann.pk


@pytest.mark.parametrize("token", ["", "no", "a.b.c", "%00", "%ff%fe", "ü.ü.ü", "x" * 5000])
def test_token_names_nobody_when_it_is_garbage(address: str, token: str) -> None:
    assert whom(address, f"?token={token}") is None


def test_token_names_nobody_when_it_has_expired(address: str, ann: User) -> None:
    token = AccessToken.for_user(ann)
    token.set_exp(lifetime=timedelta(seconds=-1))
    assert whom(address, f"?token={token}") is None


def test_token_names_nobody_when_it_is_a_refresh_token(address: str, ann: User) -> None:
    assert whom(address, f"?token={tokens.sign_in(ann)['refresh_token']}") is None


def test_token_names_nobody_when_its_sign_in_has_ended(address: str, ann: User) -> None:
    pair = tokens.sign_in(ann)
    tokens.sign_out(pair["refresh_token"])
    assert whom(address, f"?token={pair['access_token']}") is None


def test_token_names_nobody_when_its_account_is_gone(address: str, ann: User) -> None:
    token = tokens.sign_in(ann)["access_token"]
    User.objects.update(is_active=False)
    assert whom(address, f"?token={token}") is None


def test_token_names_nobody_when_tokens_in_queries_are_off(
    address: str, ann: User, settings: LazySettings
) -> None:
    settings.WS_ALLOW_QUERY_TOKEN = False
    assert whom(address, f"?token={tokens.sign_in(ann)['access_token']}") is None


def test_session_names_its_user_when_our_own_page_opens_the_socket(address: str, ann: User) -> None:
    assert whom(address, Cookie=signed_in(ann), Origin=f"http://{address}") == ann.pk


def test_session_names_its_user_when_the_origin_is_listed(address: str, ann: User) -> None:
    assert whom(address, Cookie=signed_in(ann), Origin="https://app.example.org") == ann.pk


def test_session_names_nobody_when_there_is_no_origin(address: str, ann: User) -> None:
    assert whom(address, Cookie=signed_in(ann)) is None


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=unknown", "other=1", ";;=;"])
def test_session_names_nobody_when_there_is_none(address: str, cookie: str) -> None:
    assert whom(address, Cookie=cookie, Origin=f"http://{address}") is None


def test_session_names_nobody_when_the_password_was_changed(address: str, ann: User) -> None:
    cookie = signed_in(ann)
    ann.set_password("other words")
    ann.save()
    assert whom(address, Cookie=cookie, Origin=f"http://{address}") is None


def test_session_stays_as_it_is_when_its_key_was_replaced(
    address: str, ann: User, settings: LazySettings
) -> None:
    cookie = signed_in(ann)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    before = Session.objects.values_list("session_key", "session_data").get()

    found = socket_auth.of_session(cookie.partition("=")[2])

    assert Session.objects.values_list("session_key", "session_data").get() == before
    assert found == Identity(ann.pk, session_key=cookie.partition("=")[2])


def test_bad_token_names_nobody_when_there_is_a_session_too(address: str, ann: User) -> None:
    assert whom(address, "?token=no", Cookie=signed_in(ann), Origin=f"http://{address}") is None


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.org",
        "https://app.example.org.evil.org",
        "http://app.example.org",
        "https://app.example.org:8443",
        "null",
        "",
        "//",
        "http://[",
        "http://127.0.0.1:1",
        "file://127.0.0.1",
    ],
)
def test_handshake_is_refused_when_the_origin_is_foreign(
    address: str, ann: User, origin: str
) -> None:
    token = tokens.sign_in(ann)["access_token"]
    with pytest.raises(InvalidStatus) as refused:
        whom(address, f"?token={token}", Origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "is_foreign"),
    [
        ("https://news.example.org", "news.example.org", "ws", False),  # TLS ends at a proxy
        ("https://news.example.org", "news.example.org:443", "wss", False),
        ("HTTPS://News.Example.org", "news.example.org", "wss", False),
        ("http://news.example.org:8000", "news.example.org:8000", "ws", False),
        ("https://bare.example.org", "news.example.org", "wss", False),
        ("http://news.example.org", "news.example.org", "wss", True),
        ("http://news.example.org:8001", "news.example.org:8000", "ws", True),
        ("http://rebound.example.net", "rebound.example.net", "ws", True),  # DNS rebinding
        ("http://news.example.org", "", "ws", True),
    ],
)
def test_origin_is_compared_with_the_host_when_it_is_not_listed(
    address: str, origin: str, host: str, scheme: str, is_foreign: bool
) -> None:
    headers = [(b"origin", origin.encode()), (b"host", host.encode())]
    assert socket_auth.is_foreign({"headers": headers, "scheme": scheme}) is is_foreign


def test_identities_have_ended_when_account_session_or_sign_in_is_gone(ann: User) -> None:
    bob = User.objects.create_user("bob@example.org", is_active=False)
    going_on, over = (sign_ins.begin(user=ann, origin=Origin()) for _ in "12")
    old = User.objects.create_user("old@example.org", "secret words")
    outdated = sign_ins.begin(user=old, origin=Origin())
    User.objects.filter(pk=old.pk).update(password="changed")
    sign_ins.end(SignIn.objects.filter(pk=over.pk), by=OPERATOR)
    key = signed_in(ann).partition("=")[2]
    past = Session.objects.create(session_key="past", expire_date=timezone.now())
    alive = [
        Identity(ann.pk),
        Identity(ann.pk, session_key=key),
        Identity(ann.pk, sign_in_id=going_on.pk),
    ]
    dead = [
        Identity(bob.pk),
        Identity(ann.pk, session_key="gone"),
        Identity(ann.pk, session_key=past.session_key),
        Identity(ann.pk, sign_in_id=over.pk),
        Identity(old.pk, sign_in_id=outdated.pk),
    ]

    assert socket_auth.ended([*alive, *dead]) == set(dead)
