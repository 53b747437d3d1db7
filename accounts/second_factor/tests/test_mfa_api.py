"""A second factor by API, and that no way of signing in leads around it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.utils.timezone import now
from rest_framework.test import APIClient

from accounts import credentials, mailing, sign_ins, tokens
from accounts.audit import By
from accounts.credentials import Kind
from accounts.links import token as link
from accounts.models import (
    AuditRecord,
    OutgoingMail,
    Passkey,
    RecoveryCode,
    SignIn,
    Totp,
    User,
)
from accounts.second_factor import checking, services, totp
from accounts.second_factor.required import SecondFactorRequired
from accounts.tests.factories import PASSWORD, client_of, make_passkey, make_user
from newsnotify.lib import ratelimit
from newsnotify.lib.throttling import TooMany

pytestmark = pytest.mark.django_db
MFA = "/api/v1/auth/mfa"
ANN = {"email": "ann@example.org", "password": PASSWORD}
WAYS = ("/api/v1/auth/token", "/login", "/token")


@pytest.fixture
def ann() -> User:
    ratelimit.memory.clear()
    return make_user("ann@example.org", email_verified_at=now())


@pytest.fixture
def codes(ann: User) -> list[str]:
    """Set her app up, with recovery codes; the code that did is used."""
    return services.confirm_app(user=ann, otp=current(ann, -1), by=By(ann), kept=None)


def current(user: User, late: int = 0) -> str:
    secret = services.begin_app(user).secret if not checking.is_set(user) else user.totp.secret
    return totp.code(secret, totp.step_at(now()) + late)


def sign_in(way: str = WAYS[0], **more: str) -> Any:
    return client_of().post(way, {**ANN, **more})


def test_app_is_set_up_by_a_code_and_brings_recovery_codes(ann: User) -> None:
    client = client_of(ann)
    assert client.get(MFA).json() == {"totp": False, "passkeys": [], "recovery_codes_left": 0}
    begun = client.post(f"{MFA}/totp").json()
    assert begun["secret"] in begun["uri"]
    assert client.post(f"{MFA}/totp").json() == begun
    assert sign_in().status_code == 200  # nothing counts yet
    other_device = client_of(ann)

    right = {"otp": current(ann), "current_password": PASSWORD}
    for wrong in ({"otp": "000000"}, {"otp": "é" * 6}, {"current_password": "x"}, {"otp": ""}):
        answer = client.post(f"{MFA}/totp/confirm", {**right, **wrong})
        assert (answer.status_code, list(answer.json())) == (400, list(wrong))
    done = client.post(f"{MFA}/totp/confirm", right)
    assert done.status_code == 200
    assert len(set(done.json()["recovery_codes"])) == 10
    assert client.get(MFA).json() == {"totp": True, "passkeys": [], "recovery_codes_left": 10}
    assert other_device.get(MFA).status_code == 401  # it had shown a password alone
    assert client.post(f"{MFA}/totp").status_code == 409


@pytest.mark.parametrize("way", WAYS)
def test_password_alone_is_not_enough_and_each_code_works_once(
    ann: User, codes: list[str], way: str
) -> None:
    asked = sign_in(way)
    assert (asked.status_code, asked.json()["code"]) == (401, "mfa_required")
    assert asked.headers["WWW-Authenticate"] == "Bearer"
    for otp in (current(ann), codes[0], codes[1].lower().replace("-", " ")):
        assert sign_in(way, otp=otp).json()["token_type"] == "bearer"
        again = sign_in(way, otp=otp)
        assert (again.status_code, again.json()["code"]) == (401, "mfa_required")
        assert "used before" in again.json()["detail"]
    assert RecoveryCode.objects.filter(used_at=None).count() == 8
    used = AuditRecord.objects.filter(action="recovery_code_used").order_by("pk")
    assert [record.detail for record in used] == [{"left": 9}, {"left": 8}]
    assert AuditRecord.objects.filter(action="second_factor_refused", subject=ann).count() == 3


def test_code_from_before_the_last_one_is_over(ann: User, codes: list[str]) -> None:
    assert sign_in(otp=current(ann, 1)).status_code == 200
    assert sign_in(otp=current(ann)).status_code == 401


@pytest.mark.parametrize("otp", ["0", "x" * 40, "é" * 6, "\uff11" * 6, "----", "\u202e123456"])
def test_what_is_no_code_is_refused(ann: User, codes: list[str], otp: str) -> None:
    assert sign_in(otp=otp).status_code == 401


@pytest.mark.parametrize("otp", ["x" * 41, ["1"], {"a": 1}, "1\0"])
def test_what_cannot_be_meant_is_a_bad_request(ann: User, codes: list[str], otp: Any) -> None:
    answer = client_of().post(WAYS[0], {**ANN, "otp": otp})
    assert (answer.status_code, list(answer.json())) == (400, ["otp"])


def test_wrong_password_tells_nothing_of_a_second_factor(ann: User, codes: list[str]) -> None:
    refused = sign_in(password="wrong", otp=codes[0])
    assert (refused.status_code, list(refused.json())) == (401, ["detail"])
    assert RecoveryCode.objects.filter(used_at=None).count() == 10


def test_who_has_none_is_not_asked_and_what_he_sends_is_ignored(ann: User) -> None:
    assert sign_in(otp="123456").status_code == 200


def test_code_of_somebody_else_is_worth_nothing(ann: User, codes: list[str]) -> None:
    bob = make_user("bob@example.org")
    his = services.confirm_app(user=bob, otp=current(bob), by=By(bob), kept=None)
    assert sign_in(otp=his[0]).status_code == 401
    assert sign_in(otp=current(bob, 1)).status_code == 401


def test_passkey_alone_has_every_way_ask(ann: User) -> None:
    make_passkey(ann)
    for way in WAYS:
        assert sign_in(way).json()["code"] == "mfa_required"
    assert authenticate(None, username="nobody@example.org", password=PASSWORD) is None
    with pytest.raises(SecondFactorRequired):
        authenticate(None, username=ANN["email"], password=PASSWORD)


def test_new_password_is_no_way_around(client: Client, ann: User, codes: list[str]) -> None:
    token = link(Kind.RESET_PASSWORD, ann)
    credentials.reset_password(token=token, password="another-horse-battery", by=By())
    assert sign_in(password="another-horse-battery").json()["code"] == "mfa_required"
    form = {"username": ANN["email"], "password": "another-horse-battery"}
    assert client.post("/account/login", form).headers["Location"] == "/account/second-step"
    assert "_auth_user_id" not in client.session


def test_admin_s_own_form_is_gone(client: Client, ann: User) -> None:
    for call in (client.get, client.post):
        answer = call("/admin/login/?next=/admin/", {})
        assert answer.headers["Location"].startswith("/account/login")
    client.force_login(ann)
    assert client.get("/admin/", follow=True).status_code == 403


def test_half_signed_in_session_opens_nothing(client: Client, ann: User, codes: list[str]) -> None:
    client.post("/account/login", {"username": ANN["email"], "password": PASSWORD})
    assert client.get("/inbox").status_code == 302
    assert client.get("/api/v1/auth/me").status_code == 401
    api = APIClient()
    api.cookies = client.cookies
    assert api.post(WAYS[0], {}, "json").status_code == 400
    assert not SignIn.objects.filter(ended_at=None).exists()


def test_tries_are_counted(settings: Any, ann: User, codes: list[str]) -> None:
    settings.RATE_LIMITS = True
    found = [sign_in(otp="000000").status_code for _try in range(11)]
    assert found == [401] * 10 + [429]


def test_guessing_ends_long_before_a_million_tries(
    settings: Any, ann: User, codes: list[str]
) -> None:
    settings.RATE_LIMITS = True
    request = RequestFactory().post("/")
    assert not any(checking.is_good(ann, "000000", request) for _try in range(20))
    with pytest.raises(TooMany):
        checking.is_good(ann, codes[0], request)


def test_removing_the_last_factor_takes_the_recovery_codes(ann: User, codes: list[str]) -> None:
    client = client_of(ann)
    fresh = client.post(f"{MFA}/recovery-codes", {"current_password": PASSWORD}).json()
    assert sign_in(otp=codes[0]).status_code == 401
    assert sign_in(otp=fresh["recovery_codes"][0]).status_code == 200
    assert client.delete(f"{MFA}/totp", {"current_password": "x"}).status_code == 400
    assert client.delete(f"{MFA}/totp", {"current_password": PASSWORD}).status_code == 204
    assert not RecoveryCode.objects.exists()
    assert not Totp.objects.exists()
    assert sign_in().status_code == 200
    refused = client.post(f"{MFA}/recovery-codes", {"current_password": PASSWORD})
    assert refused.status_code == 409
    actions = AuditRecord.objects.filter(subject=ann).values_list("action", flat=True)
    assert {"second_factor_added", "recovery_codes_made", "second_factor_removed"} <= set(actions)


def test_app_that_goes_leaves_the_codes_to_a_passkey(ann: User, codes: list[str]) -> None:
    make_passkey(ann)
    services.remove_app(user=ann, by=By(ann))
    assert RecoveryCode.objects.count() == 10
    services.remove_passkey(Passkey.objects.get(), by=By(ann))
    assert not RecoveryCode.objects.exists()


def test_every_change_is_told_by_letter(ann: User, codes: list[str]) -> None:
    mailing.send_due()
    services.remove_app(user=ann, by=By(ann))
    rows = OutgoingMail.objects.filter(kind="second_factor", address=ANN["email"])
    assert sorted(rows.values_list("state", flat=True)) == ["sent", "waiting"]


def test_operator_resets_it_and_that_is_written_down(
    capsys: pytest.CaptureFixture[str], ann: User, codes: list[str]
) -> None:
    make_passkey(ann)
    call_command("reset_second_factor", "Ann@example.org")
    assert "ann@example.org signs in with a password alone." in capsys.readouterr().out
    assert sign_in().status_code == 200
    assert not RecoveryCode.objects.exists()
    record = AuditRecord.objects.get(action="second_factor_reset")
    assert (record.subject, record.actor) == (ann, None)
    assert record.detail == {"by": "the operator, by a command"}
    call_command("reset_second_factor", "ann@example.org")
    assert "had no second step" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("reset_second_factor", "nobody@example.org")


def test_secret_lies_encrypted_and_its_loss_leaves_the_recovery_codes(
    settings: Any, client: Client, ann: User, codes: list[str]
) -> None:
    secret = ann.totp.secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_totp")
        assert secret not in str(cursor.fetchone())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of 32 bytes, or of more", []
    assert sign_in(otp=totp.code(secret, totp.step_at(now()))).status_code == 401
    assert sign_in(otp=codes[0]).status_code == 200
    client.force_login(ann)
    assert client.get("/settings/security").status_code == 200
    assert client.get("/settings/security/app").status_code == 200
    assert client.get("/settings/export").status_code == 200


def test_first_factor_ends_what_was_begun_without_it_but_for_this_one(ann: User) -> None:
    here = sign_ins.begin(user=ann, origin=sign_ins.Origin(), current=b"x" * 32)
    tokens.sign_in(ann)
    services.confirm_app(user=ann, otp=current(ann), by=By(ann), kept=here)
    assert SignIn.objects.get(ended_at=None) == here
    tokens.sign_in(ann)
    services.added(ann, "passkey", is_first=False, by=By(ann), kept=None)
    assert SignIn.objects.filter(ended_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_one_of_many_at_once_gets_in_with_the_same_code(ann: User, kind: str) -> None:
    codes = services.confirm_app(user=ann, otp=current(ann, -1), by=By(ann), kept=None)
    otp = current(ann) if kind == "app" else codes[0]
    found: list[bool] = []
    together = threading.Barrier(4)

    def run(step: Callable[[], bool]) -> None:
        try:
            together.wait(30)
            found.append(step())
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(lambda: checking.is_good(ann, otp, None),))
        for _thread in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [False, False, False, True]
