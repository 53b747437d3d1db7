import json
from html import unescape
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.audit import By
from accounts.models import AuditRecord, Passkey, RecoveryCode, SignIn, User
from accounts.second_factor import passkeys, services
from accounts.second_factor.tests.authenticator import SecurityKey
from accounts.tests.factories import PASSWORD, make_passkey, make_user

pytestmark = pytest.mark.django_db
SITE, ORIGIN = "news.example.org", "https://news.example.org"
ADD, STEP = "/settings/security/passkeys", "/account/second-step"
CREDENTIALS = {"username": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def ann(settings: LazySettings) -> User:
    settings.PUBLIC_URL = ORIGIN
    return make_user("ann@example.org")


@pytest.fixture
def signed_in(client: Client, ann: User) -> Client:
    client.force_login(ann)
    client.get("/inbox")
    return client


def options_on(client: Client, path: str) -> str:
    """Read what the page has the browser ask for."""
    page = client.get(path).content.decode()
    return unescape(page.partition('data-options="')[2].partition('"')[0])


def add(client: Client, key: SecurityKey, **more: str) -> Any:
    answer = json.dumps(key.make(options_on(client, ADD)))
    form = {"name": "My key", "current_password": PASSWORD, "passkey": answer}
    return client.post(ADD, {**form, **more})


def at_second_step(ann: User) -> Client:
    client = Client()
    client.post("/account/login", CREDENTIALS)
    return client


def show(client: Client, key: SecurityKey) -> int:
    return post(client, json.dumps(key.show(options_on(client, STEP))))


def post(client: Client, answer: str) -> int:
    return client.post(STEP, {"passkey": answer}).status_code


@pytest.mark.parametrize(
    ("url", "are_possible"),
    [
        ("https://news.example.org", True),
        ("http://localhost:8000", True),
        ("http://news.example.org", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_passkeys_are_offered_where_browsers_have_them(
    settings: LazySettings, signed_in: Client, url: str, are_possible: bool
) -> None:
    settings.PUBLIC_URL = url
    shown = signed_in.get("/settings/security").content.decode()
    assert ("Add a passkey" in shown) == are_possible
    assert ('data-passkey="create"' in signed_in.get(ADD).content.decode()) == are_possible


def test_passkey_is_added_asked_for_and_shown(signed_in: Client, ann: User) -> None:
    key = SecurityKey(ORIGIN, SITE)
    added = add(signed_in, key)
    assert added.status_code == 200
    assert added.content.decode().count("<li><code>") == 10
    assert RecoveryCode.objects.count() == 10
    client = at_second_step(ann)
    assert show(client, key) == 302
    assert client.get("/api/v1/auth/me").json()["id"] == ann.pk
    assert Passkey.objects.get().last_used_at is not None
    assert (
        AuditRecord.objects.get(action="second_factor_added").detail["factor"] == "passkey My key"
    )


def test_browser_s_answer_works_once(signed_in: Client, ann: User) -> None:
    key = SecurityKey(ORIGIN, SITE)
    add(signed_in, key)
    client, other = at_second_step(ann), at_second_step(ann)
    answer = json.dumps(key.show(options_on(client, STEP)))
    assert post(other, answer) == 400  # asked for in another browser
    assert post(client, answer) == 302
    assert post(at_second_step(ann), answer) == 400
    assert AuditRecord.objects.filter(action="second_factor_refused").count() == 2


@pytest.mark.parametrize(
    "other",
    [
        SecurityKey("https://evil.example", SITE),
        SecurityKey(ORIGIN, "evil.example"),
        SecurityKey("http://news.example.org", SITE),
    ],
    ids=["origin", "site", "scheme"],
)
def test_passkey_of_another_place_is_refused(
    signed_in: Client, ann: User, other: SecurityKey
) -> None:
    refused = add(signed_in, other)
    assert refused.status_code == 400
    assert "could not be used" in refused.content.decode()
    key = SecurityKey(ORIGIN, SITE)
    add(signed_in, key)
    other.key = key.key
    assert show(at_second_step(ann), other) == 400


def test_passkey_of_somebody_else_or_by_another_key_is_refused(
    signed_in: Client, ann: User
) -> None:
    key, forged = SecurityKey(ORIGIN, SITE), SecurityKey(ORIGIN, SITE)
    add(signed_in, key)
    assert show(at_second_step(ann), forged) == 400
    bob, client, his = make_user(), Client(), SecurityKey(ORIGIN, SITE, b"of Bob")
    client.force_login(bob)
    assert add(client, key).status_code == 400  # known already
    assert add(client, his).status_code == 200
    assert show(at_second_step(ann), his) == 400
    assert show(at_second_step(ann), key) == 302


def test_copy_of_a_security_key_is_noticed_by_its_counter(signed_in: Client, ann: User) -> None:
    key = SecurityKey(ORIGIN, SITE)
    add(signed_in, key)
    assert show(at_second_step(ann), key) == 302
    key.counter = 1  # as its copy, which was used less often
    assert show(at_second_step(ann), key) == 400


def test_passkey_that_does_not_count_is_fine(signed_in: Client, ann: User) -> None:
    key = SecurityKey(ORIGIN, SITE)
    key.counter = 0
    add(signed_in, key)
    for _sign_in in range(2):
        key.counter = -1
        assert show(at_second_step(ann), key) == 302


NONSENSE = (
    "", "x", "[]", "null", "1", "{}", "[" * 5_000, '{"id": 1}', '{"id": "AA", "rawId": "AA"}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA",'
    '"attestationObject":"AA","authenticatorData":"AA","signature":"AA"}}',
    '{"id":"é","rawId":"\\ud800","type":"x","response":[]}',
)  # fmt: skip


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_refused(signed_in: Client, ann: User, answer: str) -> None:
    options_on(signed_in, ADD)
    form = {"name": "My key", "current_password": PASSWORD, "passkey": answer}
    assert signed_in.post(ADD, form).status_code == 400
    make_passkey_that_can_be_read(ann)
    client = at_second_step(ann)
    options_on(client, STEP)
    assert post(client, answer) == 400
    assert post(client, answer) == 400  # and nothing is asked for any more


def make_passkey_that_can_be_read(ann: User) -> None:
    client = Client()
    client.force_login(ann)
    assert add(client, SecurityKey(ORIGIN, SITE)).status_code == 200


@pytest.mark.parametrize("cut", range(0, 400, 37))
def test_cut_answers_are_refused(signed_in: Client, ann: User, cut: int) -> None:
    made = SecurityKey(ORIGIN, SITE).make(options_on(signed_in, ADD))
    whole = made["response"]["attestationObject"]
    made["response"]["attestationObject"] = whole[: cut % len(whole)]
    form = {"name": "x", "current_password": PASSWORD, "passkey": json.dumps(made)}
    assert signed_in.post(ADD, form).status_code == 400


def test_password_is_asked_for_and_twenty_are_enough(signed_in: Client, ann: User) -> None:
    assert add(signed_in, SecurityKey(ORIGIN, SITE), current_password="x").status_code == 400
    assert not Passkey.objects.exists()
    key = SecurityKey(ORIGIN, SITE)
    assert add(signed_in, key).status_code == 200
    credential = Passkey.objects.get().credential
    for _number in range(passkeys.MOST - 1):
        row = make_passkey(ann)
        Passkey.objects.filter(pk=row.pk).update(credential=credential)
    refused = add(signed_in, SecurityKey(ORIGIN, SITE, b"one more"))
    assert "These are enough" in refused.content.decode()


def test_passkey_is_renamed_and_removed_by_its_owner_alone(signed_in: Client, ann: User) -> None:
    row, other = make_passkey(ann), make_passkey(make_user())
    path = f"{ADD}/{row.pk}"
    assert signed_in.post(path, {"rename": "1", "name": ""}).status_code == 400
    assert signed_in.post(path, {"rename": "1", "name": "A\u202e key"}).status_code == 302
    assert Passkey.objects.get(pk=row.pk).name == "A key"
    assert signed_in.post(path, {"current_password": "x"}).status_code == 400
    for form in ({"rename": "1", "name": "x"}, {"current_password": PASSWORD}):
        assert signed_in.post(f"{ADD}/{other.pk}", form).status_code == 404
    assert signed_in.post(path, {"current_password": PASSWORD}).status_code == 302
    assert list(Passkey.objects.all()) == [other]


def test_second_step_is_over_when_the_password_changes_or_time_has_passed(
    client: Client, ann: User
) -> None:
    make_passkey(ann)
    for change in ({"mark": "x"}, {"until": 1}):
        client.post("/account/login", CREDENTIALS)
        session = client.session
        session["second_step"] = {**session["second_step"], **change}
        session.save()
        assert client.get(STEP).headers["Location"] == "/account/login"
    assert not SignIn.objects.exists()


def test_wanted_page_is_shown_after_the_second_step(client: Client, ann: User) -> None:
    make_passkey(ann)
    code = services.make_recovery_codes(ann, by=By(ann))[0]
    client.post("/account/login?next=/topics", {**CREDENTIALS, "next": "/topics"})
    assert client.post(STEP, {"otp": code}).headers["Location"] == "/topics"
