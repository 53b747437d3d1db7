"""Ask a source for what it has, where it is, and by https where plain http has ceased to answer."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from news.crawl.fetch import Outcome, fetch, user_agent
from news.crawl.moving import TWIN_AFTER, https_twin
from news.crawl.records import Failure, Request
from news.models import Source
from newsnotify.lib import outbound

WHOLE_EVERY = timedelta(days=7)  # validators that a server got wrong would silence it for ever


async def ask(session: outbound.Session, source: Source, now: datetime) -> Outcome:
    """Fetch what is new at a source; its row is read, and nothing else of the database."""
    outcome = await _ask_at(session, source.url, source, now)
    if not (isinstance(outcome, Failure) and outcome.is_unreached):
        return outcome
    twin = https_twin(source.url)
    if not twin or (source.failure_count < TWIN_AFTER and source.moved_to != twin):
        return outcome
    found = await _ask_at(session, twin, source, now)
    return outcome if isinstance(found, Failure) else replace(found, moved_to=twin)


async def _ask_at(session: outbound.Session, url: str, source: Source, now: datetime) -> Outcome:
    agent = user_agent(settings.VERSION, settings.PUBLIC_URL, source.subscriber_count)
    if source.document_at and now - source.document_at >= WHOLE_EVERY:
        request = Request(url)
    else:
        request = Request(url, etag=source.etag, last_modified=source.last_modified)
    return await fetch(session, request, agent=agent, now=now)
