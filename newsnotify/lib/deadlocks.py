"""Transactions that the database chose to give up, because two waited for each other."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

T = TypeVar("T")

ATTEMPTS = 10


def is_deadlock(error: OperationalError) -> bool:
    return error.args[:1] == (1213,)  # ER_LOCK_DEADLOCK of MySQL and MariaDB


def repeated(do: Callable[[], T]) -> T:
    """Run a whole transaction, again when the database gave it up: nothing was written."""
    for _ in range(ATTEMPTS - 1):
        try:
            return do()
        except OperationalError as error:
            if not is_deadlock(error):
                raise
    return do()
