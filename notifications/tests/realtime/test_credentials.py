"""What the whole application answers to who opens a socket."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from accounts import sign_ins, tokens
from accounts.audit import OPERATOR
from accounts.models import SignIn, User
from notifications.realtime.hub import Limits
from notifications.tests.realtime.making import person, tell
from notifications.tests.realtime.sockets import close_code, messages, opened, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url() -> Iterator[str]:
    with serving(Limits(revocation_seconds=0.1)) as url:
        yield url


def our_page(url: str, client: Client, user: User) -> dict[str, str]:
    """The headers with which a browser opens a socket from a page of ours."""
    client.force_login(user)
    return {
        "Origin": url.replace("ws://", "http://").removesuffix("/ws"),
        "Cookie": f"sessionid={client.cookies['sessionid'].value}",
    }


def test_socket_is_closed_with_4500_when_there_are_no_credentials(url: str) -> None:
    with connect(url) as socket:
        assert close_code(socket) == 4500


def test_socket_is_closed_with_4500_when_its_token_has_expired(url: str) -> None:
    token = AccessToken.for_user(person())
    token.set_exp(lifetime=timedelta(seconds=-1))
    with connect(f"{url}?token={token}") as socket:
        assert close_code(socket) == 4500


def test_socket_is_refused_with_403_when_its_origin_is_foreign(url: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(url, person(), origin="https://evil.example.org"),
    ):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["ws/more", "socket", ""])
def test_socket_is_refused_with_403_when_its_path_is_none_of_ours(url: str, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(url.removesuffix("ws") + path):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("slash", ["", "/"])
def test_socket_of_a_session_is_told_when_our_page_opens_it(
    url: str, client: Client, slash: str
) -> None:
    ann = person()
    with connect(url + slash, additional_headers=our_page(url, client, ann)) as socket:
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]


def test_socket_is_closed_with_4500_when_its_session_ends(url: str, client: Client) -> None:
    with connect(url, additional_headers=our_page(url, client, person())) as socket:
        client.logout()
        assert close_code(socket) == 4500


def test_socket_is_closed_with_4500_when_its_sign_in_is_revoked(url: str) -> None:
    ann = person()
    with opened(url, ann) as socket:
        sign_ins.end_all(ann, by=OPERATOR)
        assert close_code(socket) == 4500


def test_socket_stays_open_when_another_sign_in_is_revoked(url: str) -> None:
    ann = person()
    tokens.sign_in(ann)
    other = SignIn.objects.filter(user=ann)
    with opened(url, ann) as socket, opened(url, bob := person("bob@example.org")) as revoked:
        sign_ins.end(other.filter(pk=min(row.pk for row in other)), by=OPERATOR)
        sign_ins.end_all(bob, by=OPERATOR)
        assert close_code(revoked) == 4500
        tell(ann, "Rain")
        assert messages(socket, 1) == ["Rain"]
