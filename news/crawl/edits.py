"""Whether an entry was edited: what a reader reads of it, reduced so that only words count."""

import re
from hashlib import sha256

from news.crawl.records import KeyedEntry
from news.crawl.urls import comparable_url

_WHITE_SPACE = b" \t\r\n\f\v"
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN_TAGS = re.compile(r">([^<]+)")


def content_key(title: str, *markup: str, url: str) -> bytes:
    """SHA-256 of what is read: tracking pixels and parameters change with every fetch."""
    html = "<>".join(("", *markup, comparable_url(url) if url else ""))
    if html.count("<") == html.count(">"):
        seen = "".join(_BETWEEN_TAGS.findall(html))
    else:  # some of it is no tag, and to be compared
        seen = _TAG.sub("", html)
    text = f"{title}\n{seen}".encode("utf-8", "replace")
    return sha256(text.translate(None, _WHITE_SPACE)).digest()


def content_key_of(entry: KeyedEntry) -> bytes:
    """Compare by what is published, before anything of it is shortened."""
    raw = entry.raw
    return content_key(raw.title, raw.summary, raw.content, url=entry.url)
