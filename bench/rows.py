"""Many rows at once: one that the product made, copied by the database itself."""

import os
from typing import Any

from django.db import connection, models


def multiply(template: models.Model, count: int, **columns: str) -> None:
    """Copy a row `count` times; `columns` are SQL expressions over `n`, from 1 up.

    So a column that a model gains is copied, and no bench has to know of it.
    """
    key = template._meta.pk
    assert key is not None  # noqa: S101 - every model has one
    table = template._meta.db_table
    fields = [field for field in template._meta.concrete_fields if not field.generated]
    named = {
        name: columns.get(name, f"template.{name}")
        for name in (str(field.column) for field in fields)
        if name != key.column or name in columns
    }
    sql = (
        f"INSERT INTO {table} ({', '.join(named)}) SELECT {', '.join(named.values())} "  # noqa: S608 - our own words
        f"FROM {table} template, {_numbers(count)} WHERE template.{key.column} = %s"
    )
    execute(sql, [template.pk])


def _numbers(count: int) -> str:
    if connection.vendor == "mysql":
        return f"(SELECT seq AS n FROM seq_1_to_{count}) numbers"  # noqa: S608 - our own words
    return (
        "(WITH RECURSIVE counted(n) AS "  # noqa: S608 - our own words
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count}) "
        "SELECT n FROM counted) numbers"
    )


def execute(sql: str, params: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def rows(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Ask for rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def analyze(*tables: str) -> None:
    """Let the database count, as it would have done in time."""
    for table in tables:
        rows(f"ANALYZE TABLE {table}" if connection.vendor == "mysql" else f"ANALYZE {table}")


def database_settings() -> dict[str, Any]:
    """Tell the settings of the database server that the figures depend on."""
    if connection.vendor != "mysql":
        return {"database": "SQLite, WAL, synchronous=NORMAL", "cpu_count": os.cpu_count()}
    names = (
        "version",
        "innodb_buffer_pool_size",
        "innodb_log_file_size",
        "innodb_flush_log_at_trx_commit",
        "log_bin",
        "sync_binlog",
    )
    known = rows("SHOW VARIABLES WHERE variable_name IN %s", [names])
    return {"database": "MariaDB", **dict(known), "cpu_count": os.cpu_count()}
