"""Make articles of what is new: what lists show is clean, the content is cleaned when shown."""

from news.crawl.pictures import first_image
from news.crawl.records import ArticleRecord, Enclosure, KeyedEntry, RawEntry
from news.crawl.urls import absolute_url
from news.html import sanitise
from news.skim import first_words, summary_of
from news.text import clean, cut, one_line, to_text

LONGEST = 500_000  # characters of a content; a longer one is cut, and its tags closed when shown
# Sanitising takes the square of a tag's attributes in time. A longer content is sanitised here,
# where that costs its own document alone; done again when it is shown, it costs little.
_LONG = 20_000

TITLE_LENGTH = 500
AUTHOR_LENGTH = 200
_MADE_TITLE_LENGTH = 80
_TYPE_LENGTH = 100
_MAX_ENCLOSURES = 50
_MAX_CATEGORIES = 20
_CATEGORY_LENGTH = 100


def normalise(entry: KeyedEntry, *, is_first: bool = False) -> ArticleRecord:
    """Shorten and resolve everything in an entry but the content, which stays as published.

    Nobody is told of an edit or of the first document (`is_first`): how these begin is read when
    somebody looks at them.
    """
    raw, is_edit = entry.raw, bool(entry.content_key)
    content = _content(entry)
    summary: str | None = first_words(raw.summary) if raw.content else ""
    if not summary:
        summary = None if is_first or is_edit else first_words(content)
    return ArticleRecord(
        identity=entry.identity,
        link_key=entry.link_key,
        title=_title(raw) or _made_title(summary_of(summary, content), entry.url),
        url=entry.url,
        own_summary=summary,
        raw_content=content,
        content_base="" if entry.base == entry.url else entry.base,
        author=cut(to_text(raw.author), AUTHOR_LENGTH) if raw.author else "",
        published_at=entry.published_at,
        image_url=absolute_url(raw.image_url, entry.base) or first_image(content, entry.base),
        enclosures=_enclosures(raw, entry.base) if raw.enclosures else (),
        categories=_categories(raw) if raw.categories else (),
        comments_url=absolute_url(raw.comments_url, entry.base),
        is_edit=is_edit,
    )


def _content(entry: KeyedEntry) -> str:
    html = clean((entry.raw.content or entry.raw.summary)[:LONGEST], keep_direction=True)
    return sanitise(html, entry.base) if len(html) > _LONG else html


def _title(raw: RawEntry) -> str:
    text = to_text(raw.title) if raw.title_is_html else one_line(raw.title)
    return cut(text, TITLE_LENGTH)


def _made_title(summary: str, url: str) -> str:
    return cut(summary, _MADE_TITLE_LENGTH) or cut(url, TITLE_LENGTH) or "Untitled"


def _categories(raw: RawEntry) -> tuple[str, ...]:
    """Each once, however it is capitalised."""
    first: dict[str, str] = {}
    for category in raw.categories:
        text = cut(to_text(category), _CATEGORY_LENGTH)
        first.setdefault(text.casefold(), text)
        if len(first) > _MAX_CATEGORIES:
            break
    return tuple(filter(None, first.values()))[:_MAX_CATEGORIES]


def _enclosures(raw: RawEntry, base: str) -> tuple[Enclosure, ...]:
    resolved = ((absolute_url(given.url, base), given) for given in raw.enclosures)
    kept = [Enclosure(url, clean(e.type)[:_TYPE_LENGTH], e.length) for url, e in resolved if url]
    return tuple(kept[:_MAX_ENCLOSURES])
