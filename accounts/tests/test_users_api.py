from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditRecord, Role, User
from accounts.tests.factories import client_of, make_user
from newsnotify.lib.fields import digest

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users"


@pytest.fixture
def boss() -> User:
    return make_user("boss@example.org", role=Role.ADMIN)


@pytest.fixture
def admin(boss: User) -> APIClient:
    return client_of(boss)


def found(admin: APIClient, query: str) -> set[Any]:
    rows = admin.get(f"{USERS}?{query}").json()["results"]
    return {row["email"] or row["external_id"] for row in rows}


def test_users_are_listed_for_admins(admin: APIClient, boss: User) -> None:
    make_user("ann@example.org")
    page = admin.get(USERS).json()
    assert page["count"] == 2
    ann, _ = page["results"]
    assert (ann["email"], ann["role"], ann["is_active"]) == ("ann@example.org", "reader", True)
    assert "password" not in ann


def test_users_are_found_by_role_email_and_external_id(admin: APIClient) -> None:
    make_user("ann@example.org", role=Role.EDITOR)
    User.objects.create(external_id="crm-7", external_key=digest("crm-7"))
    assert found(admin, "role=editor") == {"ann@example.org"}
    assert found(admin, "q=ANN") == {"ann@example.org"}
    assert found(admin, "q=crm-7") == {"crm-7"}
    assert admin.get(f"{USERS}?role=king").status_code == 400


def test_role_is_changed_and_written_down(admin: APIClient, boss: User) -> None:
    ann = make_user("ann@example.org")
    answer = admin.patch(f"{USERS}/{ann.pk}", {"role": "editor"})
    assert (answer.status_code, answer.json()["role"]) == (200, "editor")
    ann.refresh_from_db()
    assert ann.is_editor
    record = AuditRecord.objects.get(action="role_changed")
    assert (record.actor, record.subject, record.address) == (boss, ann, "127.0.0.1")
    assert record.detail == {"before": "reader", "after": "editor"}


def test_admin_gets_all_rights_and_loses_them(admin: APIClient) -> None:
    ann = make_user()
    admin.patch(f"{USERS}/{ann.pk}", {"role": "admin"})
    ann.refresh_from_db()
    assert (ann.is_staff, ann.is_superuser) == (True, True)
    admin.patch(f"{USERS}/{ann.pk}", {"role": "reader"})
    ann.refresh_from_db()
    assert (ann.is_staff, ann.is_superuser) == (False, False)


def test_last_admin_stays_admin(admin: APIClient, boss: User) -> None:
    answer = admin.patch(f"{USERS}/{boss.pk}", {"role": "reader"})
    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    boss.refresh_from_db()
    assert boss.role == Role.ADMIN


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"role": None}, {"role": ["admin"]}, []])
def test_role_is_not_changed_when_it_is_none_of_ours(admin: APIClient, body: Any) -> None:
    assert admin.patch(f"{USERS}/{make_user().pk}", body).status_code == 400


def test_nothing_but_the_role_is_changed(admin: APIClient) -> None:
    ann = make_user("ann@example.org")
    admin.patch(f"{USERS}/{ann.pk}", {"role": "editor", "email": "x@example.org", "name": "X"})
    ann.refresh_from_db()
    assert (ann.email, ann.name) == ("ann@example.org", "")


def test_recipient_without_sign_in_stays_a_reader(admin: APIClient) -> None:
    User.objects.create(external_id="crm-7", external_key=digest("crm-7"))
    assert admin.patch(f"{USERS}/crm-7", {"role": "admin"}).status_code == 400


def test_unknown_user_is_404(admin: APIClient) -> None:
    assert admin.patch(f"{USERS}/999999", {"role": "editor"}).status_code == 404
