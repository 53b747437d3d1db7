"""The guarded session that transports share while they run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from django.conf import settings

from newsnotify.lib import outbound

_session: ContextVar[outbound.Session] = ContextVar("outbound session of the transports")


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """Open what transports need to reach outside; tasks that begin within have it."""
    async with outbound.session(settings.OUTBOUND_POLICY) as session:
        token = _session.set(session)
        try:
            yield
        finally:
            _session.reset(token)


def session() -> outbound.Session:
    return _session.get()
