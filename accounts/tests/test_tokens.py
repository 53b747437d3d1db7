import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import tokens
from accounts.models import AuditRecord, SignIn, User
from accounts.tests.factories import make_user
from accounts.tokens import TokenPair


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann@example.org")


def test_access_token_names_the_user_as_text_and_the_sign_in_when_made(ann: User) -> None:
    claims = AccessToken(tokens.sign_in(ann)["access_token"])  # type: ignore[arg-type]
    assert claims["sub"] == str(ann.pk)
    assert claims["sid"] == SignIn.objects.get().pk
    assert "nonce" not in claims  # it would let an access token be traced to its refresh token


def test_sign_in_of_tells_the_user_when_token_is_good(ann: User) -> None:
    assert tokens.sign_in_of(tokens.sign_in(ann)["access_token"]).user == ann


def test_sign_in_of_refuses_when_account_is_closed(ann: User) -> None:
    token = tokens.sign_in(ann)["access_token"]
    User.objects.update(is_active=False)
    with pytest.raises(TokenError):
        tokens.sign_in_of(token)


def test_sign_in_of_refuses_when_given_a_refresh_token(ann: User) -> None:
    with pytest.raises(TokenError):
        tokens.sign_in_of(tokens.sign_in(ann)["refresh_token"])


def test_refresh_gives_a_new_pair_each_time_when_tokens_are_used_in_turn(ann: User) -> None:
    pair = tokens.sign_in(ann)
    seen = {pair["refresh_token"]}
    for _ in range(3):
        pair = tokens.refresh(pair["refresh_token"])
        seen.add(pair["refresh_token"])
    assert len(seen) == 4
    assert SignIn.objects.count() == 1
    assert tokens.sign_in_of(pair["access_token"]).user == ann


def test_refresh_ends_the_family_when_a_token_is_used_again(ann: User) -> None:
    first = tokens.sign_in(ann)
    second = tokens.refresh(first["refresh_token"])
    with pytest.raises(TokenError):
        tokens.refresh(first["refresh_token"])
    with pytest.raises(TokenError):
        tokens.refresh(second["refresh_token"])
    assert SignIn.objects.get().ended_at is not None


def test_refresh_leaves_other_sign_ins_alone_when_a_family_ends(ann: User) -> None:
    stolen, other = tokens.sign_in(ann), tokens.sign_in(ann)
    tokens.refresh(stolen["refresh_token"])
    with pytest.raises(TokenError):
        tokens.refresh(stolen["refresh_token"])
    assert tokens.refresh(other["refresh_token"])["access_token"]


def test_refresh_refuses_when_signed_out(ann: User) -> None:
    pair = tokens.sign_in(ann)
    tokens.sign_out(pair["refresh_token"])
    tokens.sign_out(pair["refresh_token"])  # again is fine
    with pytest.raises(TokenError):
        tokens.refresh(pair["refresh_token"])


def test_refresh_refuses_when_account_is_closed_or_gone(ann: User) -> None:
    closed, gone = tokens.sign_in(ann), tokens.sign_in(make_user())
    User.objects.filter(pk=ann.pk).update(is_active=False)
    User.objects.exclude(pk=ann.pk).delete()
    for pair in (closed, gone):
        with pytest.raises(TokenError):
            tokens.refresh(pair["refresh_token"])


def test_refresh_refuses_when_token_is_expired_or_made_up(ann: User) -> None:
    expired = RefreshToken.for_user(ann)
    expired.set_exp(from_time=timezone.now() - timedelta(days=60))
    without_family = RefreshToken.for_user(ann)
    access = tokens.sign_in(ann)["access_token"]
    for token in (str(expired), str(without_family), access, "made up", ""):
        with pytest.raises(TokenError):
            tokens.refresh(token)


def _use(token: str, arrived_at: datetime, start: threading.Barrier) -> TokenPair | None:
    start.wait()
    try:
        return tokens.refresh(token, arrived_at=arrived_at)
    except TokenError:
        return None
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_refresh_leaves_one_child_when_twenty_use_a_token_at_once() -> None:
    old = tokens.sign_in(make_user())["refresh_token"]
    start, arrived_at = threading.Barrier(20), timezone.now()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: _use(old, arrived_at, start), range(20)))

    [child] = [pair["refresh_token"] for pair in answers if pair]
    assert SignIn.objects.get().ended_at is None
    grandchild = tokens.refresh(child)["refresh_token"]
    with pytest.raises(TokenError):
        tokens.refresh(old)  # later: somebody has a copy
    assert SignIn.objects.get().ended_at is not None
    with pytest.raises(TokenError):
        tokens.refresh(grandchild)


def test_refresh_ends_the_family_when_the_old_token_comes_after_the_answer(ann: User) -> None:
    old = tokens.sign_in(ann)["refresh_token"]
    tokens.refresh(old)
    answered_at = timezone.now() + timedelta(seconds=tokens.HELD_SECONDS)
    with pytest.raises(TokenError):
        tokens.refresh(old, arrived_at=answered_at)
    assert SignIn.objects.get().ended_at is not None
    assert AuditRecord.objects.filter(action="token_reused", subject=ann).count() == 1


def test_tokens_are_refused_when_the_password_was_changed(ann: User) -> None:
    pair = tokens.sign_in(ann)
    ann.set_password("other words of mine")
    ann.save()
    with pytest.raises(TokenError):
        tokens.sign_in_of(pair["access_token"])
    with pytest.raises(TokenError):
        tokens.refresh(pair["refresh_token"])


def test_tokens_are_refused_when_they_name_a_sign_in_of_a_page(ann: User) -> None:
    pair = tokens.sign_in(ann)
    SignIn.objects.update(session_key="a" * 32)
    with pytest.raises(TokenError):
        tokens.sign_in_of(pair["access_token"])
