"""Write polls that brought nothing, which are most: many sources in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from news.crawl.records import Document
from news.crawl.store import Answered
from news.models import Fetch, Outcome
from newsnotify.lib.deadlocks import repeated

# Without the ORM, in which this took longer than the poll itself.
_UNCHANGED = """UPDATE news_source
    SET etag = %s, last_modified = %s, moved_to = %s, moved_at = %s,
        document_at = COALESCE(%s, document_at), first_crawled_at = COALESCE(first_crawled_at, %s),
        last_fetched_at = %s, next_fetch_at = %s, failure_count = 0, last_error = '',
        deferred_until = NULL, gone_at = NULL, is_gone = %s, lease = '', leased_until = NULL
    WHERE id = %s AND lease = %s
"""


def store_unchanged(polls: Sequence[Answered]) -> list[Fetch]:
    """Note that nothing changed, in the sources' rows alone.

    Those whose lease was lost are left out. The attempts come back unsaved, for whoever wants to
    keep one.
    """
    return repeated(lambda: _store(polls)) if polls else []


@transaction.atomic
def _store(polls: Sequence[Answered]) -> list[Fetch]:
    # In the order of keys, so that no two workers wait for each other's rows.
    ordered = sorted(polls, key=lambda poll: poll.source.pk)
    with connection.cursor() as cursor:
        return [_attempt(poll) for poll in ordered if _is_written(cursor, poll)]


def _is_written(cursor: Any, poll: Answered) -> bool:
    source, answer, now = poll.source, poll.answer, _adapted(poll.now)
    cursor.execute(
        _UNCHANGED,
        [
            answer.etag,
            answer.last_modified,
            poll.moved_to,
            _adapted(poll.moved_at),
            now if isinstance(answer, Document) else None,
            now,
            now,
            _adapted(poll.next_fetch_at),
            False,
            source.pk,
            source.lease,
        ],
    )
    return bool(cursor.rowcount)


def _adapted(moment: datetime | None) -> str | None:
    return connection.ops.adapt_datetimefield_value(moment)


def _attempt(poll: Answered) -> Fetch:
    answer, is_whole = poll.answer, isinstance(poll.answer, Document)
    return Fetch(
        source=poll.source,
        started_at=poll.now,
        http_status=answer.status if isinstance(answer, Document) else 304,
        outcome=Outcome.UNCHANGED if is_whole else Outcome.NOT_MODIFIED,
        duration_ms=answer.duration_ms,
        bytes=len(answer.body) if isinstance(answer, Document) else 0,
        next_fetch_at=poll.next_fetch_at,
    )
