from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from newsnotify.lib.fields import DigestField, adapted, digest, marks

pytestmark = pytest.mark.django_db

Source: Any = apps.get_model("news", "Source")  # any model with such a column


def add(key: bytes) -> Any:
    return Source.objects.create(url="https://example.org/", url_key=key, host="example.org")


def test_digest_is_a_sha_256_of_the_text() -> None:
    assert digest("") == bytes.fromhex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert len(digest("\ud800")) == 32  # half a pair, as careless publishers send


@pytest.mark.parametrize(
    "key", [bytes(range(32)), b"\0" * 32, b"\xff" * 32, b" " * 32, b"%s\\'\"" + b"x" * 27]
)
def test_digest_is_stored_and_found_as_it_is(key: bytes) -> None:
    pk = add(key).pk
    found = Source.objects.get(url_key=key)
    assert (found.pk, bytes(found.url_key)) == (pk, key)


def test_digest_is_compared_byte_for_byte() -> None:
    add(b"A" * 32)
    add(b"a" * 32)
    assert Source.objects.filter(url_key=b"a" * 32).count() == 1
    assert Source.objects.filter(url_key__in=[b"A" * 32, b"a" * 32, b"b" * 32]).count() == 2


def test_digest_is_refused_when_it_was_stored_before() -> None:
    add(digest("x"))
    with pytest.raises(IntegrityError), transaction.atomic():
        add(digest("x"))


def test_digest_column_has_a_fixed_width_on_mysql() -> None:
    kind = DigestField().db_type(connection)
    assert kind == ("binary(32)" if connection.vendor == "mysql" else "BLOB")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        datetime(2026, 5, 1, 12, 0, 0, 7, tzinfo=UTC),
        datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))),
        None,
    ],
)
def test_adapted_is_as_the_database_writes_it(moment: datetime | None) -> None:
    assert adapted(moment) == connection.ops.adapt_datetimefield_value(moment)


def test_marks_are_met_by_no_row_when_there_are_no_values() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 WHERE 1 IN ({marks([])})")
        assert cursor.fetchall() in ([], ())
        cursor.execute(f"SELECT 1 WHERE 2 IN ({marks([1, 2])})", [1, 2])
        assert cursor.fetchone() == (1,)
