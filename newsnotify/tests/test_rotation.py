"""A new secret key: what the old one signed is read until that is forgotten."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsnotify.env import parse_dotenv
from newsnotify.tests.processes import ROOT

pytestmark = pytest.mark.anywhere

SIGN = "from django.core import signing; print(signing.dumps('x'))"
READ = "import sys; from django.core import signing; print(signing.loads(sys.argv[-1]))"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DATA_DIR": str(tmp_path)}


def manage(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


def run(environment: dict[str, str], code: str, *args: str) -> str:
    setup = f"import django; django.setup(); {code}"
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", setup, *args],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "newsnotify.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout.strip()


def test_key_in_the_data_directory_is_replaced_and_read_until_it_is_forgotten(
    environment: dict[str, str], tmp_path: Path
) -> None:
    signed = run(environment, SIGN)
    first = (tmp_path / "secret_key").read_text()
    for _ in range(2):
        manage(environment, "rotate_secret_key")
    assert (tmp_path / "secret_key").read_text() != first
    assert (tmp_path / "secret_key_fallbacks").read_text().split()[-1] == first
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("secret*")} == {0o600}
    assert run(environment, READ, signed) == "x"
    assert run(environment, SIGN) != signed
    manage(environment, "rotate_secret_key", "--forget")
    assert run(environment, READ, signed) == ""


STORE = """
from accounts.models import Totp, User
Totp.objects.create(user=User.objects.create_user("ann@example.org"), secret="of her phone")
"""
SHOW = "from accounts.models import Totp; print(Totp.objects.get().secret)"


def test_what_is_stored_encrypted_outlives_the_key_that_is_forgotten(
    environment: dict[str, str],
) -> None:
    manage(environment, "migrate", "--verbosity=0")
    run(environment, STORE)
    manage(environment, "rotate_secret_key")
    assert run(environment, SHOW) == "of her phone"
    manage(environment, "rotate_secret_key", "--forget")
    assert run(environment, SHOW) == "of her phone"


def test_key_in_the_environment_is_left_to_the_operator_with_what_to_set(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["SECRET_KEY"] = "the first of three keys of 32 bytes or more"
    signed = run(environment, SIGN)
    for _ in range(2):
        environment |= parse_dotenv(manage(environment, "rotate_secret_key"))
    assert run(environment, READ, signed) == "x"
    assert not list(tmp_path.glob("secret*"))
    environment |= parse_dotenv(manage(environment, "rotate_secret_key", "--forget"))
    assert run(environment, READ, signed) == ""
