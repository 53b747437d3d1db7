"""Write polls that brought nothing, which are most: many sources in one transaction."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from news.crawl.finish import Answered, finish, healthy
from news.crawl.records import Document
from news.models import Fetch, Outcome
from newsnotify.lib.deadlocks import repeated


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
    return [_attempt(poll) for poll in ordered if finish(poll.source, **_columns(poll))]


def _columns(poll: Answered) -> dict[str, Any]:
    whole = {"document_at": poll.now} if isinstance(poll.answer, Document) else {}
    return healthy(poll) | whole


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
