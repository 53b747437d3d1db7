"""What an operator types about people."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import tokens
from accounts.models import AuditRecord, Role, SignIn, User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.org"


def said(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue().strip()


def test_admin_is_made_with_the_password_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert said("create_admin", " Ann@Example.org ") == f"{EMAIL} is an admin."
    ann = User.objects.get()
    assert (ann.email, ann.role, ann.is_superuser) == (EMAIL, Role.ADMIN, True)
    assert ann.check_password(PASSWORD)


def test_admin_is_made_with_the_password_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    said("create_admin", EMAIL)
    assert User.objects.get().check_password(PASSWORD)


def test_admin_is_refused_when_the_password_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "12345678")
    with pytest.raises(CommandError, match="too common"):
        said("create_admin", EMAIL)
    assert not User.objects.exists()


def test_somebody_who_is_here_becomes_an_admin_and_keeps_the_password() -> None:
    ann = make_user(EMAIL, is_active=False)
    said("create_admin", EMAIL)
    ann.refresh_from_db()
    assert (ann.role, ann.is_active, ann.check_password(PASSWORD)) == (Role.ADMIN, True, True)
    record = AuditRecord.objects.get(action="role_changed")
    assert (record.actor, record.subject) == (None, ann)
    assert record.detail["by"] == "the operator, by a command"


def test_sign_ins_of_a_person_are_ended_and_of_nobody_else() -> None:
    ann, bob = make_user(EMAIL), make_user()
    for user in (ann, ann, bob):
        tokens.sign_in(user)
    assert said("revoke_tokens", EMAIL.upper()) == f"Ended 2 sign-ins of {EMAIL}."
    assert SignIn.objects.get(ended_at=None).user == bob
    with pytest.raises(CommandError, match=r"Nobody here has the e-mail x@example\.org\."):
        said("revoke_tokens", "x@example.org")
