"""People for tests."""

from itertools import count

from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import Passkey, Role, User
from newsnotify.lib.fields import digest

PASSWORD = "correct-horse-battery"
_numbers = count(1)


def make_user(email: str = "", role: Role = Role.READER, **fields: object) -> User:
    email = email or f"person{next(_numbers)}@example.org"
    return User.objects.create_user(email, PASSWORD, role=role, **fields)


def make_passkey(user: User) -> Passkey:
    """Make a passkey that nothing can show: it only has signing in ask for a second step."""
    number = next(_numbers)
    return Passkey.objects.create(user=user, name="phone", key=digest(f"{number}"), credential=b"")


def client_of(user: User | None = None) -> APIClient:
    """Make a client that calls with an access token, as programs do, or without credentials."""
    client = APIClient(enforce_csrf_checks=True)
    if user is not None:
        token = tokens.sign_in(user)["access_token"]
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client
