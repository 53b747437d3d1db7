"""What the child processes do with a document; nothing here knows Django."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from news.crawl.identity import identify
from news.crawl.memory import compared, is_apart, remember, remember_written, told, unlike, written
from news.crawl.normalise import normalise
from news.crawl.parse import open_document, parse_broken, parse_well_formed
from news.crawl.pieces import Pieces, cut_up
from news.crawl.records import Document, KeyedFeed, ParsedFeed, Reading


def read(document: Document, memory: bytes, now: datetime) -> Reading:
    """Parse a document, and normalise what `memory` of the last one has not. Raises NotAFeed.

    Entries that are written as they were are not even parsed, where they are sure to be the same.
    """
    opened, url = open_document(document), document.url
    if isinstance(opened, ParsedFeed):
        feed = _compared(identify(opened, url, now), memory)
        return _reading(feed, memory, remember(feed.entries))
    pieces = cut_up(opened)
    if pieces and (reading := _read_rest(pieces, url, memory, now)):
        return reading
    parsed = parse_well_formed(opened.text)
    if parsed is None:
        pieces, parsed = None, parse_broken(opened, url)
    feed = _compared(identify(parsed, url, now), memory)
    entries = pieces and _by_key(pieces.keys, parsed, feed)
    if pieces and entries:
        kept = remember_written(pieces.around(url, feed.site_url), entries)
    else:
        kept = remember(feed.entries)
    return _reading(feed, memory, kept)


def _read_rest(pieces: Pieces, url: str, memory: bytes, now: datetime) -> Reading | None:
    """Read what is not written as it was; None where that may have to do with the rest.

    Who shares a link with another has another identity, of two with one identity the first
    counts, and who has no date stands behind a neighbour.
    """
    around, known = written(memory)
    text, keys = pieces.without(known)
    if len(keys) == len(pieces.keys) or (parsed := parse_well_formed(text)) is None:
        return None
    feed = _compared(identify(parsed, url, now), memory)
    entries = _by_key(keys, parsed, feed)
    kept = {key: known[key] for key in pieces.keys if key in known}
    is_sure = (
        entries is not None
        and pieces.around(url, feed.site_url) == around
        and is_apart(feed.entries, kept.values())
        and (len(entries) < 2 or all(entry.published_at for entry in feed.entries))
    )
    if not is_sure or entries is None:
        return None
    return _reading(feed, memory, remember_written(around, kept | entries))


def _compared(feed: KeyedFeed, memory: bytes) -> KeyedFeed:
    return replace(feed, entries=compared(feed.entries, memory))


def _by_key(
    keys: Sequence[bytes], parsed: ParsedFeed, feed: KeyedFeed
) -> dict[bytes, bytes] | None:
    """Tell what is remembered of each entry; None where not each stands for itself."""
    counts = {len(keys), len(set(keys)), len(parsed.entries), len(feed.entries)}
    if len(counts) > 1 or any(entry.url and not entry.link_key for entry in feed.entries):
        return None
    by_raw = {id(raw): key for raw, key in zip(parsed.entries, keys, strict=True)}
    return {by_raw[id(entry.raw)]: told(entry) for entry in feed.entries}


def _reading(feed: KeyedFeed, before: bytes, memory: bytes) -> Reading:
    new = unlike(feed.entries, before)
    return Reading(
        title=feed.title,
        site_url=feed.site_url,
        records=tuple(normalise(entry, is_first=not before) for entry in new),
        memory=memory,
        ttl=feed.ttl,
        skip_hours=feed.skip_hours,
    )
