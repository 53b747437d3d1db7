from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.core import signing
from django.utils.timezone import now

from accounts import links
from accounts.models import OutgoingMail, User
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
Kind = OutgoingMail.Kind
KINDS = list(links.LIVES)


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org", new_email="new@example.org")


@pytest.mark.parametrize("kind", KINDS)
def test_link_leads_to_a_page_of_ours_and_tells_whose_it_is(
    settings: LazySettings, ann: User, kind: Kind
) -> None:
    settings.PUBLIC_URL = "https://news.example.org"
    parts = urlsplit(links.url(kind, ann))
    assert (parts.scheme, parts.netloc) == ("https", "news.example.org")
    assert links.user_of(parse_qs(parts.query)["token"][0], kind) == ann


@pytest.mark.parametrize("kind", KINDS)
def test_link_tells_nothing_when_it_is_of_another_kind(ann: User, kind: Kind) -> None:
    for other in set(KINDS) - {kind}:
        with pytest.raises(links.LinkError):
            links.user_of(links.token(kind, ann), other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "x", ":::", "é:é:é", "W10:1abc:def", "\0", "[1, 2]"])
def test_link_tells_nothing_when_it_is_made_up(kind: Kind, text: str) -> None:
    with pytest.raises(links.LinkError):
        links.user_of(text, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_link_tells_nothing_when_it_is_over(
    ann: User, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = links.token(kind, ann)
    monkeypatch.setitem(links.LIVES, kind, timedelta(seconds=-1))
    with pytest.raises(links.LinkError):
        links.user_of(token, kind)


def test_link_lives_no_longer_than_its_letter_says() -> None:
    hours = {kind: lives.total_seconds() / 3600 for kind, lives in links.LIVES.items()}
    assert hours == {Kind.VERIFY: 168, Kind.CHANGE_EMAIL: 24, Kind.RESET_PASSWORD: 1}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Kind.VERIFY, {"email": "other@example.org"}),
        (Kind.CHANGE_EMAIL, {"email": "other@example.org"}),
        (Kind.CHANGE_EMAIL, {"new_email": "other@example.org"}),
        (Kind.CHANGE_EMAIL, {"new_email": ""}),
        (Kind.RESET_PASSWORD, {"email": "other@example.org"}),
        (Kind.RESET_PASSWORD, {"password": "another hash"}),
        (Kind.RESET_PASSWORD, {"last_login": now()}),
        *[(kind, {"is_active": False}) for kind in KINDS],
    ],
)
def test_link_tells_nothing_when_what_it_was_about_has_changed(
    ann: User, kind: Kind, changes: dict[str, object]
) -> None:
    token = links.token(kind, ann)
    User.objects.update(**changes)
    with pytest.raises(links.LinkError):
        links.user_of(token, kind)


def test_link_is_read_when_the_key_was_rotated(settings: LazySettings, ann: User) -> None:
    token = links.token(Kind.RESET_PASSWORD, ann)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert links.user_of(token, Kind.RESET_PASSWORD) == ann


def test_link_has_neither_address_nor_hash_in_it(ann: User) -> None:
    payload = links.token(Kind.RESET_PASSWORD, ann).partition(":")[0]
    text = signing.b64_decode(payload.encode()).decode()
    assert "ann" not in text
    assert ann.password[-10:] not in text
