"""Guarded HTTP: every request to an address that people gave goes through here.

    async with outbound.session(OutboundPolicy.parse("feeds.lan")) as session:
        response = await outbound.request(session, "GET", "https://example.org/feed.xml")

A name is looked up once, each of its addresses is checked, and one of those is connected to: an
answer of the DNS that changes in between helps nobody. Every redirect goes the same way. What
can go wrong, `str()` of each a sentence for people without user info, path or query:

    OutboundError
    ├── Refused        our policy says no; nothing was sent there
    ├── Unreachable    no connection: DNS, connect, TLS
    ├── TimedOut       connected, but the answer was not whole in time
    ├── BadAnswer      it breaks off, is not HTTP or cannot be decoded
    ├── BadRedirect    to no usable address, or once too often
    └── TooLarge       the decoded body passed the limit
"""

from newsnotify.lib.outbound_policy import OutboundPolicy

from .errors import (
    BadAnswer,
    BadRedirect,
    OutboundError,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)
from .exchange import Hop, Limits, Response, check, request
from .gate import Lookup, Session, session

__all__ = [
    "BadAnswer",
    "BadRedirect",
    "Hop",
    "Limits",
    "Lookup",
    "OutboundError",
    "OutboundPolicy",
    "Refused",
    "Response",
    "Session",
    "TimedOut",
    "TooLarge",
    "Unreachable",
    "check",
    "request",
    "session",
]
