import bcrypt
import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import identify_hasher

from accounts.tests.factories import PASSWORD, client_of, make_user
from newsnotify import settings as ours

pytestmark = pytest.mark.django_db
LONG = "long " * 25  # 125 bytes, where bcrypt looks at 72


@pytest.fixture(autouse=True)
def _hashers(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS


def of_bcrypt(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()


@pytest.mark.parametrize("name", ["", "bcrypt$"])
@pytest.mark.parametrize("variant", ["$2b$", "$2a$", "$2y$"])
@pytest.mark.parametrize("password", [PASSWORD, LONG])
def test_hash_of_bcrypt_is_accepted_and_renewed_at_sign_in(
    name: str, variant: str, password: str
) -> None:
    ann = make_user("ann@example.org")
    ann.password = name + of_bcrypt(password).replace("$2b$", variant)
    ann.save()
    sent = {"email": "ann@example.org", "password": password}
    wrong = client_of().post("/api/v1/auth/token", {**sent, "password": "w" + password})
    right = client_of().post("/api/v1/auth/token", sent)
    ann.refresh_from_db()
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert identify_hasher(ann.password).algorithm == "argon2"
    assert client_of().post("/api/v1/auth/token", sent).status_code == 200


def test_new_password_is_hashed_with_argon2() -> None:
    ann = make_user("ann@example.org")
    assert ann.password.startswith("argon2$argon2id$")
