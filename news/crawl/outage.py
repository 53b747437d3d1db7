"""Tell our own network's trouble from that of the sources.

When over half of the hosts that were tried lately cannot even be reached, and there are many of
them, it is us: a cable, a DNS server. Each process judges for itself, since it may be the only
one whose network is away.
"""

from collections import deque
from datetime import datetime, timedelta

LATELY = timedelta(minutes=5)
MANY = 10  # hosts; when there are fewer it may well be them
PAUSE = timedelta(minutes=2)


class Outage:
    """Remembers the latest attempts of a process."""

    def __init__(self) -> None:
        self._attempts: deque[tuple[datetime, str, bool]] = deque(maxlen=500)
        self._blamed: deque[tuple[datetime, int]] = deque(maxlen=500)

    def note(self, host: str, *, is_reached: bool, now: datetime) -> None:
        self._attempts.append((now, host, is_reached))

    def is_on(self, now: datetime) -> bool:
        hosts = {host: reached for at, host, reached in self._attempts if now - at <= LATELY}
        unreached_count = list(hosts.values()).count(False)
        return unreached_count >= MANY and unreached_count * 2 > len(hosts)

    def blame(self, source_id: int, now: datetime) -> None:
        """Remember that a source was blamed for not being reached."""
        self._blamed.append((now, source_id))

    def pardoned(self, now: datetime) -> list[int]:
        """List, and forget, the sources that were blamed lately, before we knew that it is us."""
        lately = [source_id for at, source_id in self._blamed if now - at <= LATELY]
        self._blamed.clear()
        return lately
