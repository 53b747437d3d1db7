"""`manage.py prepare`: once, again, and before anything else is there."""

from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from news.models import Source
from newsnotify.tests.test_settings import run

ADMIN = {"DJANGO_SUPERUSER_EMAIL": "Ann@example.org", "DJANGO_SUPERUSER_PASSWORD": "a good one"}
FOUND = """
import django; django.setup()
from accounts.models import User
from news.models import Source, Topic
[admin] = User.objects.filter(is_superuser=True)
print(admin.email, admin.check_password("a good one"))
print(Topic.objects.count(), Source.objects.count())
"""


def test_database_is_made_with_an_admin_and_starter_topics(tmp_path: Path) -> None:
    given = {**ADMIN, "SEED_SOURCES": "0"}
    code, out, err = run(tmp_path, "manage.py", "prepare", **given)
    assert (code, err) == (0, "")
    assert out == "Preparing the database …\nMade the admin Ann@example.org.\n"
    assert run(tmp_path, "manage.py", "prepare", **given) == (0, "", "")
    assert run(tmp_path, "-c", FOUND)[1] == "ann@example.org True\n7 0\n"


def test_admin_s_password_comes_from_a_file_when_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a good one\n")
    named = {"DJANGO_SUPERUSER_PASSWORD_FILE": str(tmp_path / "password"), "SEED_SOURCES": "0"}
    email = {"DJANGO_SUPERUSER_EMAIL": ADMIN["DJANGO_SUPERUSER_EMAIL"]}
    assert run(tmp_path, "manage.py", "prepare", **email, **named)[0] == 0
    assert run(tmp_path, "-c", FOUND)[1] == "ann@example.org True\n7 0\n"


@pytest.mark.django_db
def test_starter_sources_come_once_and_nobody_without_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ADMIN:
        monkeypatch.delenv(name, raising=False)
    call_command("prepare")
    first = set(Source.objects.values_list("url", flat=True))
    Source.objects.filter(url=min(first)).delete()
    call_command("prepare")
    assert len(first) > 1
    assert set(Source.objects.values_list("url", flat=True)) == first - {min(first)}
    assert not User.objects.exists()
