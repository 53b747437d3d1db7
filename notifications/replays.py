"""Requests that may be repeated: the first answer to an `Idempotency-Key` is given again.

The key's row is inserted first, in the transaction that does the work. Who comes with the
same key meanwhile waits at the unique index until that is over, and then reads the answer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.errors import Conflict
from newsnotify.lib.fields import digest
from notifications.models import Replay

KEEP = timedelta(days=7)

Answer = tuple[int, dict[str, Any]]  # status code and body


def once(*, caller: str, key: str, body: str, do: Callable[[], Answer]) -> Answer:
    """Do something once for a caller's key.

    Raises Conflict when the key came with another body before. What raises is not kept.
    """
    name = digest(f"{caller} {key}")
    return repeated(lambda: _first(name, digest(body), do))


def _first(name: bytes, body: bytes, do: Callable[[], Answer]) -> Answer:
    try:
        with transaction.atomic():
            row = Replay.objects.create(key=name, body=body)
            row.status_code, row.answer = do()
            row.save(update_fields=["status_code", "answer"])
            return row.status_code, row.answer
    except IntegrityError:
        first = Replay.objects.filter(key=name).first()
        if first is None:
            raise  # it was another constraint, and nothing is left of this attempt
    if bytes(first.body) != body:
        raise Conflict(_("This Idempotency-Key came with another body before."))
    return first.status_code, first.answer


def prune(now: datetime) -> int:
    """Forget answers that are older than seven days. Returns how many."""
    return Replay.objects.filter(created_at__lt=now - KEEP).delete()[0]
