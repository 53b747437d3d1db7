from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.timezone import now

from accounts import sign_ins, tokens
from accounts.audit import OPERATOR
from accounts.models import AuditRecord, SignIn, User
from accounts.sign_ins import Origin
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann@example.org")


def page_of(user: User) -> Client:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0"})
    client.force_login(user)
    client.get("/inbox")
    return client


def test_going_on_lists_pages_and_tokens_and_nothing_that_is_over(ann: User) -> None:
    tokens.sign_in(ann, origin=Origin("Reeder", "192.0.2.7"))
    page_of(ann)
    ended, expired, gone = (sign_ins.begin(user=ann, origin=Origin()) for _ in range(3))
    sign_ins.end(SignIn.objects.filter(pk=ended.pk), by=OPERATOR)
    SignIn.objects.filter(pk=expired.pk).update(rotated_at=now() - timedelta(days=31))
    SignIn.objects.filter(pk=gone.pk).update(session_key="of a session that is gone")
    found = {(row.device, row.address) for row in sign_ins.going_on(ann, now())}
    assert found == {("Reeder", "192.0.2.7"), ("Firefox on Linux", "127.0.0.1")}


def test_going_on_is_empty_when_the_password_was_changed(ann: User) -> None:
    tokens.sign_in(ann)
    ann.set_password("other words of mine")
    assert not sign_ins.going_on(ann, now()).exists()


def test_end_takes_the_session_too_and_is_written_down_once(ann: User) -> None:
    page_of(ann)
    assert sign_ins.end_all(ann, by=OPERATOR) == 1
    assert sign_ins.end_all(ann, by=OPERATOR) == 0
    assert not Session.objects.exists()
    [record] = AuditRecord.objects.filter(action="sign_in_ended")
    assert (record.subject, record.actor, record.detail["device"]) == (
        ann,
        None,
        "Firefox on Linux",
    )


def test_end_all_leaves_one_when_it_is_named(ann: User) -> None:
    kept, _ = (sign_ins.begin(user=ann, origin=Origin()) for _ in range(2))
    ann.set_password("other words of mine")
    ann.save()
    sign_ins.end_all(ann, by=OPERATOR, but=kept.pk)
    row = SignIn.objects.get(ended_at=None)
    assert row == kept
    assert sign_ins.is_good(row)


def test_use_is_noted_with_its_place_once_in_some_minutes(ann: User) -> None:
    row, first = sign_ins.begin(user=ann, origin=Origin("", "192.0.2.1")), now()
    for minutes, address in ((4, "192.0.2.2"), (6, "192.0.2.3"), (8, "192.0.2.4")):
        row.refresh_from_db()
        sign_ins.note_use(row, address, first + timedelta(minutes=minutes))
    row.refresh_from_db()
    assert (row.address, row.last_used_at) == ("192.0.2.3", first + timedelta(minutes=6))


def test_prune_forgets_what_was_not_used_for_two_months(ann: User) -> None:
    sign_ins.begin(user=ann, origin=Origin())
    moment = now()
    assert sign_ins.prune(moment + timedelta(days=59)) == 0
    assert sign_ins.prune(moment + timedelta(days=61)) == 1
