"""Write polls that brought nothing, which are most: many sources in one transaction."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from news.crawl.attempts import Attempt
from news.crawl.finish import Answered, finish, healthy
from news.crawl.records import Document
from news.models import Outcome
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.fields import adapted, marks


class _SomeWereLost(Exception):  # noqa: N818 - undoes a transaction
    """Not all of the leases were still ours."""


def store_unchanged(polls: Collection[Answered]) -> list[Attempt]:
    """Note that nothing changed, in the sources' rows alone.

    Those whose lease was lost are left out. The attempts come back for whoever wants to keep one.
    """
    # In the order of keys, so that no two workers wait for each other's rows.
    ordered = sorted(polls, key=lambda poll: poll.source.pk)
    if not ordered:
        return []
    try:
        return repeated(lambda: _store(ordered))
    except _SomeWereLost:
        return repeated(lambda: _store_each(ordered))


@transaction.atomic
def _store(polls: Sequence[Answered]) -> list[Attempt]:
    alike: list[Answered] = []
    others: list[Answered] = []
    for poll in polls:
        (alike if _is_as_before(poll) else others).append(poll)
    kept = _store_each(others)
    for lease, some in groupby(sorted(alike, key=_lease), _lease):
        kept += _finish_together(lease, list(some))
    return kept


@transaction.atomic
def _store_each(polls: Sequence[Answered]) -> list[Attempt]:
    return [_attempt(poll) for poll in polls if finish(poll.source, **_columns(poll))]


def _lease(poll: Answered) -> str:
    return poll.source.lease


def _is_as_before(poll: Answered) -> bool:
    """Tell whether a source's row needs nothing new but when."""
    source, answer = poll.source, poll.answer
    is_healthy = source.first_crawled_at and not (
        source.failure_count or source.deferred_until or source.gone_at or source.moved_to
    )
    is_same = answer.etag == source.etag and answer.last_modified == source.last_modified
    has_said_nothing = is_same and not poll.moved_to
    return bool(is_healthy and has_said_nothing and not isinstance(answer, Document))


def _finish_together(lease: str, polls: Sequence[Answered]) -> list[Attempt]:
    """Give leases of one claim back in one statement, a fifth of the time of one for each."""
    keys = [poll.source.pk for poll in polls]
    whens = [value for poll in polls for value in (poll.source.pk, adapted(poll.next_fetch_at))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE news_source SET lease = '', leased_until = NULL, last_fetched_at = %s, "  # noqa: S608 - our own names
            f"next_fetch_at = CASE id {'WHEN %s THEN %s ' * len(keys)} END "
            f"WHERE lease = %s AND id IN ({marks(keys)})",
            [adapted(polls[0].now), *whens, lease, *keys],
        )
        if cursor.rowcount < len(keys):
            raise _SomeWereLost
    return [_attempt(poll) for poll in polls]


def _columns(poll: Answered) -> dict[str, Any]:
    whole = {"document_at": poll.now} if isinstance(poll.answer, Document) else {}
    return healthy(poll) | whole


def _attempt(poll: Answered) -> Attempt:
    source, now, answer, ms = poll.source, poll.now, poll.answer, poll.answer.duration_ms
    if isinstance(answer, Document):
        status, size, outcome = answer.status, answer.size, Outcome.UNCHANGED
    else:
        status, size, outcome = 304, 0, Outcome.NOT_MODIFIED
    return Attempt(source, now, status, outcome, ms, poll.next_fetch_at, bytes=size)
