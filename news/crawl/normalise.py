"""Clean what is new: an entry as its feed wrote it becomes an article as we show it."""

from news.crawl.html import LONGEST, first_image, sanitise
from news.crawl.records import ArticleRecord, Enclosure, KeyedEntry, RawEntry
from news.crawl.text import clean, collapse, cut, to_text
from news.crawl.urls import absolute_url

TITLE_LENGTH = 500
SUMMARY_LENGTH = 500
AUTHOR_LENGTH = 200
_MADE_TITLE_LENGTH = 80
_TYPE_LENGTH = 100
_MAX_ENCLOSURES = 50
_HEAD = 8000  # characters of content that a summary is made from


def normalise(entry: KeyedEntry) -> ArticleRecord:
    """Sanitise, shorten and resolve everything in an entry; costs more than parsing it did."""
    raw = entry.raw
    content = sanitise(raw.content or raw.summary, entry.base)
    summary = _summary(raw)
    return ArticleRecord(
        identity=entry.identity,
        link_key=entry.link_key,
        content_key=entry.content_key,
        title=_title(raw) or _made_title(summary, entry.url),
        url=entry.url,
        summary=summary,
        content=content,
        author=cut(to_text(raw.author), AUTHOR_LENGTH),
        published_at=entry.published_at,
        image_url=absolute_url(raw.image_url, entry.base) or absolute_url(first_image(content)),
        enclosures=_enclosures(raw, entry.base),
    )


def _title(raw: RawEntry) -> str:
    text = to_text(raw.title) if raw.title_is_html else collapse(clean(raw.title))
    return cut(text, TITLE_LENGTH)


def _made_title(summary: str, url: str) -> str:
    return cut(summary, _MADE_TITLE_LENGTH) or cut(url, TITLE_LENGTH) or "Untitled"


def _summary(raw: RawEntry) -> str:
    for html in (raw.summary, raw.content):
        # A head is enough, unless it is all style and script.
        if text := to_text(html[:_HEAD]) or to_text(html[:LONGEST]):
            return cut(text, SUMMARY_LENGTH)
    return ""


def _enclosures(raw: RawEntry, base: str) -> tuple[Enclosure, ...]:
    resolved = ((absolute_url(given.url, base), given) for given in raw.enclosures)
    kept = [Enclosure(url, clean(e.type)[:_TYPE_LENGTH], e.length) for url, e in resolved if url]
    return tuple(kept[:_MAX_ENCLOSURES])
