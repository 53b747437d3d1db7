from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def errors_of(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        services.register(**{"email": "ann@example.org", "password": PASSWORD, **fields})
    return caught.value.message_dict


def test_register_keeps_a_hash_and_a_lower_case_email_when_all_is_well() -> None:
    services.register(email=" Ann@Example.org", password=PASSWORD, timezone="Europe/Berlin")
    user = User.objects.get()
    assert (user.email, user.timezone, user.role) == ("ann@example.org", "Europe/Berlin", "reader")
    assert user.check_password(PASSWORD)
    assert PASSWORD not in user.password


def test_register_refuses_and_stays_usable_when_email_is_known() -> None:
    make_user("ann@example.org")
    assert errors_of(email="ANN@example.org") == {
        "email": ["There is an account with this e-mail."]
    }
    assert User.objects.count() == 1  # the transaction around is not broken


@pytest.mark.parametrize("password", ["short", "12345678901", "password", "ann@example.org"])
def test_register_refuses_when_password_is_weak(password: str) -> None:
    assert list(errors_of(password=password)) == ["password"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("timezone", "Mars"), ("language", "xx"), ("name", "n" * 151)],
)
def test_register_names_the_field_when_a_value_is_wrong(field: str, value: str) -> None:
    assert list(errors_of(**{field: value})) == [field]
    assert not User.objects.exists()
