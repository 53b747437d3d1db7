"""Which rows are written, told by triggers: whoever writes, in whichever process, is counted."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from bench.rows import execute, rows

# Written by the clock, whether anything is crawled or not.
_BY_THE_CLOCK = ("accounts_heartbeat", "django_celery_beat_")


@dataclass(slots=True)
class Written:
    """Rows that were written, and how often by which statement."""

    row_count: int = 0
    writes: Counter[str] = field(default_factory=Counter)  # such as "news_source.update"


@contextmanager
def counted() -> Iterator[Written]:
    """Count what is written until the block ends; the result is complete after it."""
    written = Written()
    execute("CREATE TABLE bench_written (name VARCHAR(100), row_key VARCHAR(100))")
    tables = [name for name in _tables() if not name.startswith(_BY_THE_CLOCK)]
    for table in tables:
        for what in ("insert", "update", "delete"):
            execute(_trigger(table, what))
    yield written
    for table in tables:
        for what in ("insert", "update", "delete"):
            execute(f"DROP TRIGGER bench_{table}_{what}")
    written.row_count = len(rows(f"SELECT DISTINCT {_TABLE}, row_key FROM bench_written"))  # noqa: S608 - our own words
    written.writes.update(dict(rows("SELECT name, COUNT(*) FROM bench_written GROUP BY name")))
    execute("DROP TABLE bench_written")


_TABLE = "SUBSTR(name, 1, INSTR(name, '.'))"


def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _trigger(table: str, what: str) -> str:
    with connection.cursor() as cursor:
        key = connection.introspection.get_primary_key_column(cursor, table)
    row = "OLD" if what == "delete" else "NEW"
    return (
        f"CREATE TRIGGER bench_{table}_{what} AFTER {what} ON {table} FOR EACH ROW "  # noqa: S608 - our own words
        f"BEGIN INSERT INTO bench_written VALUES ('{table}.{what}', {row}.{key}); END"
    )
