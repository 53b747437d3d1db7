from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Role, User, validate_time_zone
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_user_is_found_whatever_the_case_when_email_was_given_in_capitals() -> None:
    user = make_user(" Ann@Example.ORG ")
    assert user.email == "ann@example.org"
    assert User.objects.get_by_natural_key("ANN@example.org") == user


def test_user_is_refused_by_the_database_when_email_is_taken() -> None:
    make_user("ann@example.org")
    with pytest.raises(IntegrityError):
        make_user("ANN@example.org")


@pytest.mark.parametrize(
    ("role", "is_editor", "is_staff"),
    [(Role.READER, False, False), (Role.EDITOR, True, False), (Role.ADMIN, True, True)],
)
def test_user_may_what_his_role_says_when_asked(
    role: Role, is_editor: bool, is_staff: bool
) -> None:
    user = User(role=role)
    assert (user.is_editor, user.is_staff) == (is_editor, is_staff)


def test_superuser_is_admin_when_created() -> None:
    user = User.objects.create_superuser("root@example.org", "correct-horse")
    assert (user.role, user.is_superuser) == (Role.ADMIN, True)


def test_user_is_called_by_what_is_known_when_shown() -> None:
    assert str(User(email="ann@example.org")) == "ann@example.org"
    assert User(email="ann@example.org").get_short_name() == "ann"
    assert User(email="ann@example.org", name="Ann").get_short_name() == "Ann"
    assert str(User(external_id="crm-7")) == "crm-7"


def test_zone_is_the_users_when_set() -> None:
    assert User(timezone="Europe/Berlin").zone == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["", "Berlin", "../../etc/passwd", "europe/berlin"])
def test_time_zone_is_refused_when_unknown(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a name such as Europe/Berlin"):
        validate_time_zone(name)
