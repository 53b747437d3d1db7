"""Read JSON Feed 1 and 1.1: https://www.jsonfeed.org/version/1.1/."""

from collections.abc import Iterator
from html import escape
from typing import Any

import orjson

from news.crawl.fields import Medium, to_enclosures
from news.crawl.records import ParsedFeed, RawEntry


def read_json(text: str) -> ParsedFeed | None:
    """Read a JSON Feed; None when it is not one. Wrong types read as absent."""
    try:
        feed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(feed, dict) or not _is_feed(feed):
        return None
    hubs = [hub for hub in _objects(feed, "hubs") if _text(hub, "type").lower() == "websub"]
    author = _author(feed)
    return ParsedFeed(
        title=escape(_text(feed, "title"), quote=False),
        site_url=_text(feed, "home_page_url"),
        entries=tuple(
            _entry(item, author)
            for item in _objects(feed, "items")
            if any(value or value == 0 for value in item.values())
        ),
        hub_url=_text(hubs[0], "url") if hubs else "",
        self_url=_text(feed, "feed_url"),
    )


def _is_feed(feed: dict[str, Any]) -> bool:
    is_declared = "jsonfeed.org/version" in _text(feed, "version")
    return isinstance(feed.get("items"), list) and (is_declared or "title" in feed)


def _entry(item: dict[str, Any], feed_author: str) -> RawEntry:
    return RawEntry(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        title_is_html=False,
        summary=escape(_text(item, "summary"), quote=False),
        content=_text(item, "content_html") or escape(_text(item, "content_text"), quote=False),
        author=_author(item) or feed_author,
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        image_url=_text(item, "image") or _text(item, "banner_image"),
        enclosures=to_enclosures(_media(item)),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
    )


def _author(holder: dict[str, Any]) -> str:
    """1.1 has `authors`, 1 had `author`."""
    people = [*_objects(holder, "authors"), holder.get("author")]
    names = (_text(person, "name") for person in people if isinstance(person, dict))
    return next(filter(None, names), "")


def _media(item: dict[str, Any]) -> Iterator[Medium]:
    for attachment in _objects(item, "attachments"):
        length = _text(attachment, "size_in_bytes")
        yield Medium(_text(attachment, "url"), _text(attachment, "mime_type"), length=length)


def _text(holder: dict[str, Any], name: str) -> str:
    """Version 1 asks to read numbers as text, ids above all."""
    value = holder.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value.strip() if isinstance(value, str) else str(value) if is_number else ""


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [value for value in _list(holder, name) if isinstance(value, dict)]
