"""The grams that any query stands under: one in fifteen of an article's, so few are looked up.

A process reads them once, and what others have added since each time it asks: by their numbers,
which rise in the order of the commits, since `KeywordTurn` lets one add at a time.
"""

import time

from django.db import connection

AT_ONCE = 20_000
KEEP_SECONDS = 86_400.0  # then they are read anew, without those of queries that are gone

_ADDED = "SELECT id, gram FROM subscriptions_keywordanchor WHERE id > %s ORDER BY id LIMIT %s"


class KnownGrams:
    """What this process knows, about 70 bytes a gram; shared by its threads.

    Not for a transaction that adds queries: what it rolled back would be thought of as read.
    """

    def __init__(self) -> None:
        self._read = _Read()

    def among(self, keys: set[int]) -> set[int]:
        """Tell which of these have a query, as everybody's commits are now."""
        read = self._read if time.monotonic() < self._read.until else _Read()
        read.go_on()
        self._read = read  # when it is whole: others may be asking
        return keys & read.grams


class _Read:
    def __init__(self) -> None:
        self.grams = set[int]()
        self.until = time.monotonic() + KEEP_SECONDS
        self._last = 0

    def go_on(self) -> None:
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_ADDED, [self._last, AT_ONCE])
                rows = cursor.fetchall()
            if not rows:
                return
            self.grams.update(gram for _, gram in rows)
            self._last = max(self._last, rows[-1][0])  # another thread may have read further
            if len(rows) < AT_ONCE:
                return
