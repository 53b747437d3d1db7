"""Verbs over password and e-mail address, and what they do to sign-ins."""

import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from rest_framework_simplejwt.exceptions import TokenError

from accounts import credentials, links, services, tokens
from accounts.audit import By
from accounts.models import AuditRecord, OutgoingMail, SignIn, User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
Kind = OutgoingMail.Kind
NEW = "another-horse-battery"


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def waiting() -> set[tuple[str, str]]:
    return set(OutgoingMail.objects.values_list("kind", "address"))


def reset_link(user: User) -> str:
    return links.token(Kind.RESET_PASSWORD, user)


def test_letter_waits_for_who_registers() -> None:
    services.register(email="Ann@Example.org", password=PASSWORD)
    assert waiting() == {("verify", "ann@example.org")}
    assert not User.objects.get().is_email_verified


def test_admin_made_by_the_operator_is_verified() -> None:
    assert User.objects.create_superuser("root@example.org", PASSWORD).is_email_verified
    assert waiting() == set()


def test_link_verifies_the_address_and_may_be_opened_again(ann: User) -> None:
    token = links.token(Kind.VERIFY, ann)
    first = credentials.verify(token=token, by=By()).email_verified_at
    assert first is not None
    assert credentials.verify(token=token, by=By()).email_verified_at == first


def test_link_of_a_former_address_verifies_nothing(ann: User) -> None:
    token = links.token(Kind.VERIFY, ann)
    User.objects.update(email="new@example.org")
    with pytest.raises(ValidationError, match="This link is over"):
        credentials.verify(token=token, by=By())
    ann.refresh_from_db()
    assert not ann.is_email_verified


def test_letter_is_sent_again_only_while_the_address_is_not_verified(ann: User) -> None:
    credentials.ask_verification(user=ann)
    assert waiting() == {("verify", "ann@example.org")}
    OutgoingMail.objects.all().delete()
    ann.email_verified_at = now()
    credentials.ask_verification(user=ann)
    assert waiting() == set()


def test_asking_for_a_reset_does_the_same_whether_there_is_an_account(
    ann: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for email in ("ANN@example.org", "nobody@example.org"):
        with django_assert_num_queries(2):  # type: ignore[attr-defined]
            credentials.ask_reset(email=email)
    assert waiting() == {
        ("reset_password", "ann@example.org"),
        ("reset_password", "nobody@example.org"),
    }


def test_reset_sets_the_password_once_and_verifies_the_address(ann: User) -> None:
    token = reset_link(ann)
    credentials.reset_password(token=token, password=NEW, by=By())
    ann.refresh_from_db()
    assert ann.check_password(NEW)
    assert ann.is_email_verified
    assert waiting() == {("password_changed", "ann@example.org")}
    with pytest.raises(ValidationError, match="was used before"):
        credentials.reset_password(token=token, password="a third password", by=By())


def test_reset_ends_every_sign_in(ann: User, client: Client) -> None:
    client.force_login(ann)
    families = [tokens.sign_in(ann) for _ in range(2)]
    other = tokens.sign_in(make_user())
    ann.refresh_from_db()  # signing in on the pages is noted, and ends older links
    credentials.reset_password(token=reset_link(ann), password=NEW, by=By())
    assert client.get("/inbox").status_code == 302
    for pair in families:
        with pytest.raises(TokenError):
            tokens.refresh(pair["refresh_token"])
    assert tokens.refresh(other["refresh_token"])


def test_reset_keeps_the_link_good_when_the_password_is_weak(ann: User) -> None:
    token = reset_link(ann)
    with pytest.raises(ValidationError) as refused:
        credentials.reset_password(token=token, password="12345678", by=By())
    assert list(refused.value.message_dict) == ["password"]
    assert credentials.may_reset(token=token)


@pytest.mark.django_db(transaction=True)
def test_reset_lets_exactly_one_win_when_a_link_is_used_by_many_at_once() -> None:
    token = reset_link(make_user("ann@example.org"))
    start, won = threading.Barrier(4), []

    def use(number: int) -> None:
        start.wait()
        try:
            credentials.reset_password(token=token, password=f"another-horse-{number}", by=By())
            won.append(number)
        except ValidationError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = won
    assert User.objects.get().check_password(f"another-horse-{number}")


def test_change_of_password_ends_every_sign_in_but_the_one_that_asks(ann: User) -> None:
    mine, other = tokens.sign_in(ann), tokens.sign_in(ann)
    kept = SignIn.objects.order_by("pk")[0]
    credentials.change_password(user=ann, current=PASSWORD, password=NEW, by=By(ann), kept=kept)
    assert ann.check_password(NEW)
    assert AuditRecord.objects.filter(action="password_changed", actor=ann, subject=ann).exists()
    assert tokens.refresh(mine["refresh_token"])
    with pytest.raises(TokenError):
        tokens.refresh(other["refresh_token"])


@pytest.mark.parametrize(
    ("current", "password", "field"),
    [
        ("wrong", NEW, "current_password"),
        ("", NEW, "current_password"),
        (PASSWORD, "12", "new_password"),
    ],
)
def test_change_of_password_is_refused_by_field(
    ann: User, current: str, password: str, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        credentials.change_password(user=ann, current=current, password=password, by=By(ann))
    assert list(refused.value.message_dict) == [field]
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_password_may_be_set_without_one_by_who_has_none() -> None:
    ann = make_user("ann@example.org")
    ann.set_unusable_password()
    ann.save()
    credentials.change_password(user=ann, current="", password=NEW, by=By(ann))
    assert ann.check_password(NEW)


def test_new_address_counts_when_its_link_is_opened_and_the_old_one_is_told(ann: User) -> None:
    credentials.ask_email_change(user=ann, current=PASSWORD, email="New@Example.org")
    ann.refresh_from_db()
    assert (ann.email, ann.new_email) == ("ann@example.org", "new@example.org")
    assert waiting() == {("change_email", "new@example.org")}

    token = links.token(Kind.CHANGE_EMAIL, ann)
    changed = credentials.verify(token=token, by=By())
    assert AuditRecord.objects.get(action="email_changed").subject == ann
    assert (changed.email, changed.new_email) == ("new@example.org", "")
    assert changed.is_email_verified
    assert ("email_changed", "ann@example.org") in waiting()
    with pytest.raises(ValidationError, match="was used before"):
        credentials.verify(token=token, by=By())


def test_new_address_is_forgotten_when_its_owner_keeps_the_old_one(ann: User) -> None:
    credentials.ask_email_change(user=ann, current=PASSWORD, email="new@example.org")
    token = links.token(Kind.CHANGE_EMAIL, ann)
    credentials.forget_email_change(user=ann)
    with pytest.raises(ValidationError):
        credentials.verify(token=token, by=By())
    assert User.objects.get().email == "ann@example.org"


@pytest.mark.parametrize(
    ("current", "email", "field"),
    [
        ("wrong", "new@example.org", "current_password"),
        (PASSWORD, "BOB@example.org", "email"),
        (PASSWORD, "ann@example.org", "email"),
    ],
)
def test_change_of_address_is_refused_by_field(
    ann: User, current: str, email: str, field: str
) -> None:
    make_user("bob@example.org")
    with pytest.raises(ValidationError) as refused:
        credentials.ask_email_change(user=ann, current=current, email=email)
    assert list(refused.value.message_dict) == [field]
    assert waiting() == set()


def test_change_of_address_is_refused_when_somebody_else_has_it_by_now(ann: User) -> None:
    credentials.ask_email_change(user=ann, current=PASSWORD, email="new@example.org")
    token = links.token(Kind.CHANGE_EMAIL, ann)
    make_user("new@example.org")
    with pytest.raises(ValidationError, match="There is an account"):
        credentials.verify(token=token, by=By())
    assert User.objects.get(pk=ann.pk).email == "ann@example.org"
    assert ("email_changed", "ann@example.org") not in waiting()
