"""Leased sources as the crawler needs them: read in a tenth of the time that the ORM takes."""

from collections.abc import Collection, Sequence
from datetime import UTC
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models.base import ModelState

from news.models import Source
from newsnotify.lib.fields import marks

_MOMENTS = (
    "first_crawled_at", "newest_at", "document_at", "moved_at", "gone_at", "deferred_until"
)  # fmt: skip
_COLUMNS = (
    *_MOMENTS, "id", "url", "host", "title", "interval_seconds", "article_count", "etag",
    "last_modified", "body_key", "memory", "rhythm_seconds", "moved_to", "failure_count", "lease",
)  # fmt: skip
_NAMES = (*_COLUMNS, "subscriber_count")


def read(token: str, keys: Collection[int]) -> list[Source]:
    """Read what a lease has won among sources, with `subscriber_count`.

    The columns that no crawl asks for are left out: each is a query of its own, if it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(_COLUMNS)}, {_subscriber_count()} FROM news_source "  # noqa: S608 - our own names
            f"WHERE lease = %s AND id IN ({marks(keys)})",
            [token, *keys],
        )
        return [_source(row) for row in cursor.fetchall()]


def _subscriber_count() -> str:
    """Write the subquery; what people want is a room further up, see `selectors`."""
    relation = Source._meta.get_field("subscriptions")
    table, column = relation.related_model._meta.db_table, relation.field.column
    return f"(SELECT COUNT(*) FROM {table} WHERE {column} = news_source.id)"  # noqa: S608 - our own names


def _source(row: Sequence[Any]) -> Source:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _MOMENTS:
        if moment := values[name]:
            values[name] = moment.replace(tzinfo=UTC)
    values["_state"] = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    source = Source.__new__(Source)
    source.__dict__ = values
    return source
