import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from accounts import services
from accounts.audit import OPERATOR
from accounts.models import Role, User
from accounts.services import LastAdminError
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db
LOOK, EDIT, RULE = "news.view_topic", "news.change_topic", "accounts.change_user"


@pytest.mark.parametrize(
    ("role", "rights"),
    [(Role.READER, {LOOK}), (Role.EDITOR, {LOOK, EDIT}), (Role.ADMIN, {LOOK, EDIT, RULE})],
)
def test_person_has_the_permissions_of_the_group_that_his_role_names(
    role: Role, rights: set[str]
) -> None:
    user = make_user(role=role)
    assert {right for right in (LOOK, EDIT, RULE) if user.has_perm(right)} == rights
    names = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
    assert {right.partition(".")[2] for right in rights} <= set(names)


def test_permissions_follow_the_role_however_it_was_changed() -> None:
    user = make_user(role=Role.EDITOR)
    User.objects.update(role=Role.READER)
    assert not User.objects.get(pk=user.pk).has_perm(EDIT)


def test_closed_account_has_no_permissions() -> None:
    assert not make_user(role=Role.ADMIN, is_active=False).has_perm(LOOK)


def test_groups_are_put_right_by_a_migration() -> None:
    Group.objects.get(name="editor").permissions.clear()
    Group.objects.get(name="admin").delete()
    call_command("migrate", verbosity=0)
    assert make_user(role=Role.EDITOR).has_perm(EDIT)
    assert Group.objects.filter(name="admin").exists()


@pytest.mark.django_db(transaction=True)
def test_one_admin_is_left_when_two_step_down_at_once() -> None:
    admins = [make_user(role=Role.ADMIN) for _ in range(2)]
    start = threading.Barrier(2)

    def step_down(admin: User) -> bool:
        start.wait()
        try:
            services.change_user(user=admin, by=OPERATOR, role=Role.READER)
        except LastAdminError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(step_down, admins)) == [False, True]
    assert User.objects.filter(role=Role.ADMIN).count() == 1
