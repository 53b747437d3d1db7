"""What the child processes do with a document; nothing here knows Django."""

from datetime import datetime

from news.crawl.identity import identify
from news.crawl.normalise import normalise
from news.crawl.parse import parse
from news.crawl.records import ArticleRecord, Document, KeyedEntry, KeyedFeed


def read(document: Document, now: datetime) -> KeyedFeed:
    """Parse a document and tell its entries apart. Raises NotAFeed."""
    return identify(parse(document), document.url, now)


def clean(entries: tuple[KeyedEntry, ...]) -> dict[bytes, ArticleRecord]:
    """Clean entries; by identity."""
    return {entry.identity: normalise(entry) for entry in entries}
