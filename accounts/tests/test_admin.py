from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import tokens
from accounts.models import Role, User
from accounts.tests.factories import make_user
from newsnotify.lib.fields import digest

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


@pytest.fixture
def admin() -> User:
    return make_user("admin@example.org", role=Role.ADMIN, is_superuser=True)


@pytest.fixture
def staff(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def change(client: Client, user: User, **changes: Any) -> str:
    """Send the form of a user as the page does; returns what is shown afterwards."""
    fields = {name: getattr(user, name) or "" for name in ("email", "name", "timezone", "language")}
    form = {**fields, "role": user.role, "is_active": "on", **changes}
    sent = {name: value for name, value in form.items() if value is not None}
    url = reverse("admin:accounts_user_change", args=[user.pk])
    page = client.post(url, sent, follow=True).content.decode()
    user.refresh_from_db()
    return page


def test_password_is_neither_shown_nor_changed(staff: Client) -> None:
    user = make_user()
    before = user.password
    page = staff.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert before not in page
    assert 'name="password"' not in page
    change(staff, user, password="x", is_superuser="on", name="Ann")
    assert (user.password, user.is_superuser, user.name) == (before, False, "Ann")


def test_role_gives_and_takes_the_rights_that_go_with_it(staff: Client) -> None:
    user = make_user()
    change(staff, user, role="admin")
    assert (user.role, user.is_superuser, user.is_staff) == (Role.ADMIN, True, True)
    change(staff, user, role="editor")
    assert (user.role, user.is_superuser, user.is_staff) == (Role.EDITOR, False, False)


@pytest.mark.parametrize("changes", [{"role": "reader"}, {"is_active": None}])
def test_last_admin_stays(staff: Client, admin: User, changes: dict[str, Any]) -> None:
    assert "This is the last admin" in change(staff, admin, **changes)
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)
    url = reverse("admin:accounts_user_delete", args=[admin.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 403


def test_admin_steps_down_when_there_is_another(staff: Client, admin: User) -> None:
    make_user(role=Role.ADMIN)
    change(staff, admin, role="reader")
    assert admin.role == Role.READER


def test_email_is_kept_in_lower_case_and_refused_when_known(staff: Client) -> None:
    user = make_user("ann@example.org")
    change(staff, user, email="Ann@Example.ORG")
    assert user.email == "ann@example.org"
    page = change(staff, user, email="ADMIN@example.org")
    assert "already exists" in page
    assert user.email == "ann@example.org"


def test_user_without_email_keeps_none(staff: Client) -> None:
    user = User.objects.create(external_id="ext", external_key=digest("ext"))
    change(staff, user, name="Robot")
    assert (user.email, user.name) == (None, "Robot")


def test_user_is_found_by_email_external_id_and_number(staff: Client) -> None:
    ann = make_user("ann@example.org")
    robot = User.objects.create(external_id="Robot-7", external_key=digest("Robot-7"))
    for term, found in (("ANN@", ann), ("Robot-7", robot), (str(robot.pk), robot)):
        page = staff.get(LIST, {"q": term}).content.decode()
        assert f"/admin/accounts/user/{found.pk}/change/" in page
    assert "0 users" in staff.get(LIST, {"q": "robot-7"}).content.decode()


def test_rows_of_a_user_are_found_by_the_user(staff: Client) -> None:
    ann, bob = make_user("ann@example.org"), make_user("bob@example.org")
    for user in (ann, bob):
        tokens.sign_in(user)
    page = staff.get("/admin/accounts/signin/", {"q": "Ann@example.org"}).content.decode()
    assert "ann@example.org" in page
    assert "bob@example.org" not in page


def test_audit_log_tells_who_did_what_to_whom(staff: Client, admin: User) -> None:
    ann, bob = make_user("ann@example.org"), make_user("bob@example.org")
    change(staff, ann, role="editor")
    tokens.sign_in(bob)
    page = staff.get("/admin/accounts/auditrecord/").content.decode()
    assert f"ann@example.org, by {admin}" in page
    assert "before: reader, after: editor" in page
    assert '<td class="field-who">bob@example.org</td>' in page


def test_reader_and_editor_are_not_let_in(client: Client) -> None:
    for role in (Role.READER, Role.EDITOR):
        client.force_login(make_user(role=role))
        assert client.get(LIST).status_code == 302
