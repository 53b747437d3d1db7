"""Finish a lease: write what a source became, unless somebody else holds it by now.

Without the ORM, in which the statement took longer to make than to run.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from news.crawl.records import Document, NotModified
from news.models import Source
from newsnotify.lib.fields import adapted


class Answered(NamedTuple):
    """A source that answered well, and what follows from that alone."""

    source: Source
    answer: Document | NotModified
    now: datetime
    next_fetch_at: datetime
    moved_to: str = ""
    moved_at: datetime | None = None


def healthy(answered: Answered) -> dict[str, Any]:
    """List the columns of a source that answered, and had perhaps failed before."""
    now, answer = answered.now, answered.answer
    return {
        "etag": answer.etag,
        "last_modified": answer.last_modified,
        "moved_to": answered.moved_to,
        "moved_at": answered.moved_at,
        "first_crawled_at": answered.source.first_crawled_at or now,
        "last_fetched_at": now,
        "next_fetch_at": answered.next_fetch_at,
        "failure_count": 0,
        "last_error": "",
        "deferred_until": None,
        "gone_at": None,
        "is_gone": False,
    }


def finish(source: Source, **columns: Any) -> bool:
    """Write columns of a leased source and give the lease back; tells whether it was still ours.

    `columns` come from the code, never from outside.
    """
    columns |= {"lease": "", "leased_until": None}
    names = ", ".join(f"{name} = %s" for name in columns)
    values = [adapted(v) if isinstance(v, datetime) else v for v in columns.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE news_source SET {names} WHERE id = %s AND lease = %s",  # noqa: S608 - our own names
            [*values, source.pk, source.lease],
        )
        return bool(cursor.rowcount)
