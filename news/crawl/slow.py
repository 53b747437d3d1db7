"""Read an ill-formed feed with feedparser, which reads nearly everything and takes its time."""

import io
import re
from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import Any

import feedparser

from news.crawl.fields import Medium, to_enclosures, to_image, to_name, to_ttl
from news.crawl.records import ParsedFeed, RawEntry

# A tag or a reference takes feedparser up to 9 µs, other text next to nothing.
_MARK = re.compile(b"[<&]")
_MOST_MARKS = 100_000
_Found = dict[str, Any]  # feedparser's dictionaries, read past its aliases: those warn and guess


def read_slowly(markup: bytes, url: str) -> ParsedFeed | None:
    """Read UTF-8 markup; None when there is no feed in it.

    Of a document with more than 100,000 tags and references, what they lead up to is read, and
    the entry that the cut goes through left out: a second of computing, mostly.
    `url` is given along only where the document has bases to resolve: what feedparser then makes
    absolute follows xml:base, everything else stays as written.
    """
    head = _head(markup)
    base = url if b"xml:base" in head else ""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    try:
        read = feedparser.parse(
            io.BytesIO(head),  # bytes themselves would be tried as the name of a file
            response_headers=headers,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - hostile documents reach every corner of a parser
        return None
    feed = read["feed"]
    if not (read["version"] or read["entries"]):
        return None
    is_atom = read["version"].startswith("atom")
    whole = read["entries"] if head is markup else read["entries"][:-1]
    return ParsedFeed(
        title=_typed(feed, "title", is_atom=is_atom),
        site_url=_text(feed, "link"),
        entries=tuple(_entry(e, base, is_atom=is_atom) for e in whole if any(e.values())),
        ttl=to_ttl(*(_text(feed, n) for n in ("ttl", "sy_updateperiod", "sy_updatefrequency"))),
        hub_url=_href(feed, "hub"),
        self_url=_href(feed, "self"),
    )


def _head(markup: bytes) -> bytes:
    beyond = next(islice(_MARK.finditer(markup), _MOST_MARKS, None), None)
    return markup[: beyond.start()] if beyond else markup


def _entry(found: _Found, default_base: str, *, is_atom: bool) -> RawEntry:
    contents = [part for part in _list(found, "content") if part.get("value")]
    detail = contents[0] if contents else dict.get(found, "summary_detail") or {}
    base = detail.get("base") or (dict.get(found, "title_detail") or {}).get("base") or ""
    media = list(_media(found))
    return RawEntry(
        guid=_text(found, "id"),
        link=_text(found, "link"),
        base="" if base == default_base else base,
        title=_text(found, "title"),
        title_is_html=not (is_atom and _is_plain(dict.get(found, "title_detail") or {})),
        summary=_typed(found, "summary", is_atom=is_atom),
        content=_value(contents[0], is_atom=is_atom) if contents else "",
        author=to_name(_text(found, "author")),
        published=_text(found, "published") or _text(found, "created"),
        updated=_text(found, "updated"),
        image_url=to_image(media) or _text(dict.get(found, "image") or {}, "href"),
        enclosures=to_enclosures(medium for medium in media if not medium.is_decoration),
        categories=tuple(filter(None, map(_category, _list(found, "tags")))),
        comments_url=_text(found, "comments") or _href(found, "replies", "html"),
    )


def _category(tag: _Found) -> str:
    return _text(tag, "label") or _text(tag, "term")


def _media(found: _Found) -> Iterator[Medium]:
    for link in _list(found, "links"):
        if link.get("rel") == "enclosure":
            length = _text(link, "length")
            yield Medium(_text(link, "href"), _text(link, "type"), length=length)
    for content in _list(found, "media_content"):
        kind, medium = _text(content, "type"), _text(content, "medium") or "unknown"
        yield Medium(_text(content, "url"), kind, medium, _text(content, "filesize"))
    for thumbnail in _list(found, "media_thumbnail"):
        yield Medium(_text(thumbnail, "url"), medium="thumbnail")


def _typed(found: _Found, name: str, *, is_atom: bool) -> str:
    detail = dict.get(found, f"{name}_detail") or {}
    return _value({"type": detail.get("type"), "value": _text(found, name)}, is_atom=is_atom)


def _value(detail: _Found, *, is_atom: bool) -> str:
    text = str(detail.get("value") or "")
    return escape(text, quote=False) if is_atom and _is_plain(detail) else text


def _is_plain(detail: _Found) -> bool:
    return detail.get("type") == "text/plain"


def _href(holder: _Found, rel: str, kind: str = "") -> str:
    links = (link for link in _list(holder, "links") if link.get("rel") == rel)
    addresses = (_text(link, "href") for link in links if kind in _text(link, "type"))
    return next(filter(None, addresses), "")


def _text(found: _Found, name: str) -> str:
    value = dict.get(found, name)
    return value.strip() if isinstance(value, str) else ""


def _list(found: _Found, name: str) -> list[_Found]:
    value = dict.get(found, name)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
