"""Column types that Django has no name for."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper


class DigestField(models.BinaryField):  # type: ignore[type-arg]
    """A SHA-256: 32 bytes, indexable, and compared byte for byte.

    MySQL's text collations find `A` and `a` equal, and its BLOBs take no unique index.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "max_length": 32})

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "binary(32)" if connection.vendor == "mysql" else super().db_type(connection)


def digest(text: str) -> bytes:
    """Hash a text into what a `DigestField` holds."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def adapted(moment: datetime | None) -> str | None:
    """Write a moment as the database does, for SQL of one's own."""
    return connection.ops.adapt_datetimefield_value(moment)
