"""When a source may be said to have moved: permanent redirects are often neither.

Captive portals, parked domains and lapsed hosters answer 301, too. So an address is adopted when
every answer for a day redirected to it, and what is found there is what we know.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

STEADY = timedelta(days=1)
TWIN_AFTER = 2  # failures in a row, after which an http source is tried by https


def https_twin(url: str) -> str:
    """Return the same address by https, "" unless it is one of plain http on its own port."""
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and parts.port in (None, 80)
    netloc = parts.netloc.removesuffix(":80")
    return urlunsplit(parts._replace(scheme="https", netloc=netloc)) if is_plain else ""


def is_settled(moved_at: datetime | None, now: datetime) -> bool:
    """Tell whether every answer since `moved_at` is enough to believe a redirect."""
    return moved_at is not None and now - moved_at >= STEADY
