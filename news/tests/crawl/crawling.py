"""Crawl a source of a loopback server, at any time."""

from datetime import datetime, timedelta
from typing import Any

from news import services
from news.models import Source
from news.tests.factories import NOW, make_source
from newsnotify.lib.tests.servers import Answer, Reply, Server

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def feed_of(server: Server, **fields: Any) -> Source:
    return make_source(f"{server.url}/feed", **fields)


def crawl(source: Source, reply: Reply, server: Server, at: datetime = NOW) -> Source:
    """Let the server answer so, and crawl the source once."""
    server.respond = lambda _: reply
    Source.objects.update(next_fetch_at=at)
    services.crawl_due(lambda: at)
    source.refresh_from_db()
    return source


def crawl_twice(source: Source, first: bytes, second: bytes, server: Server) -> None:
    for number, body in enumerate((first, second)):
        crawl(source, Answer(body=body), server, NOW + number * HOUR)
