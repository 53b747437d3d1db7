"""What makes an entry this article and no other, before anything is cleaned.

An identity never depends on dates, on white space or on the order of the document.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from news.crawl.records import KeyedEntry, KeyedFeed, ParsedFeed, RawEntry
from news.crawl.urls import absolute_url, comparable_url
from news.dates import parse_date
from news.text import collapse, to_text

MAX_ENTRIES = 1000


class _Placed(NamedTuple):
    """An entry and its addresses, before it is compared with its neighbours."""

    raw: RawEntry
    url: str
    page: str  # the address in comparable form, "" when there is none
    guid: str
    title: str


def identify(parsed: ParsedFeed, document_url: str, now: datetime) -> KeyedFeed:
    """Give every entry its keys, its address, its time and its place.

    Oldest first: by time; an entry without one stands right after its older neighbour, as
    documents list newest first. Of entries with one identity the document's first is kept, of more
    than 1,000 the newest.
    """
    bases = (document_url, parsed.base)
    site_url = absolute_url(parsed.site_url, *bases)
    home = site_url or absolute_url(document_url)
    placed = [_place(raw, (document_url, site_url)) for raw in parsed.entries]
    not_pages = {comparable_url(url) for url in (home, document_url) if url}
    keyed = _keyed(placed, not_pages, home, document_url, now)
    return KeyedFeed(
        title=to_text(parsed.title),
        site_url=site_url,
        entries=_oldest_first({entry.identity: entry for entry in reversed(keyed)}.values()),
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        hub_url=absolute_url(parsed.hub_url, *bases),
        self_url=absolute_url(parsed.self_url, *bases),
    )


def _place(raw: RawEntry, bases: tuple[str, ...]) -> _Placed:
    url = absolute_url(raw.link, *bases)
    page = comparable_url(url) if url else ""
    return _Placed(raw, url, page, collapse(raw.guid), collapse(raw.title))


def _keyed(
    placed: list[_Placed], not_pages: set[str], home: str, document_url: str, now: datetime
) -> list[KeyedEntry]:
    # A link that several articles share names none of them: status pages, one-page sites.
    unlike = {(entry.page, entry.guid or entry.title) for entry in placed}
    sharing = Counter(page for page, _ in unlike)
    keyed = []
    for entry in placed:
        is_own_page = bool(entry.page) and sharing[entry.page] == 1 and entry.page not in not_pages
        raw = entry.raw
        keyed.append(
            KeyedEntry(
                identity=_identity(entry, is_own_page=is_own_page),
                link_key=_hash(entry.page) if is_own_page else None,
                url=entry.url,
                base=(raw.base and absolute_url(raw.base, document_url)) or entry.url or home,
                published_at=parse_date(raw.published or raw.updated, now),
                raw=raw,
            )
        )
    return keyed


def _identity(entry: _Placed, *, is_own_page: bool) -> bytes:
    """SHA-256 of guid, else link, else link and title, else title and content, else the rest."""
    if entry.guid:
        return _hash(entry.guid)
    if is_own_page:
        return _hash(entry.url)
    if entry.url:
        return _hash(f"{entry.url}\n{entry.title}")
    text = collapse(entry.raw.content or entry.raw.summary)
    if entry.title or text:
        return _hash(f"{entry.title}\n{text}")
    return _hash("\n".join(_rest(entry.raw)))


def _rest(raw: RawEntry) -> Iterator[str]:
    """What is left to tell entries apart by, when nothing of them can be read."""
    yield from (raw.image_url, raw.author, raw.comments_url)
    yield from (enclosure.url for enclosure in raw.enclosures)
    yield from raw.categories


def _hash(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def _oldest_first(entries: Iterable[KeyedEntry]) -> tuple[KeyedEntry, ...]:
    """`entries` come in reversed document order; the sort is stable."""
    last = datetime.min.replace(tzinfo=UTC)
    timed = []
    for entry in entries:
        last = entry.published_at or last
        timed.append((last, entry))
    timed.sort(key=lambda pair: pair[0])
    return tuple(entry for _, entry in timed[-MAX_ENTRIES:])
