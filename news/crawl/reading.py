"""What the child processes do with a document; nothing here knows Django."""

from datetime import datetime

from news.crawl.identity import identify
from news.crawl.memory import remember, unlike
from news.crawl.normalise import normalise
from news.crawl.parse import parse
from news.crawl.records import Document, Reading


def read(document: Document, memory: bytes, now: datetime) -> Reading:
    """Parse a document, and normalise what `memory` of the last one has not. Raises NotAFeed."""
    feed = identify(parse(document), document.url, now)
    return Reading(
        title=feed.title,
        site_url=feed.site_url,
        records=tuple(normalise(entry) for entry in unlike(feed.entries, memory)),
        memory=remember(feed.entries),
        ttl=feed.ttl,
        skip_hours=feed.skip_hours,
    )
