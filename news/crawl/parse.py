"""Read a fetched document as a feed, whatever its format and however broken.

    bytes ─ charset → text ─┬─ jsonfeed → JSON Feed
                            └─ markup ─┬─ tree → well-formed XML, at once or once repaired
                                       └─ slow → everything else

All readers fill the same RawEntry and none interprets: dates stay text, markup stays markup.
"""

from news.crawl.charset import decode
from news.crawl.jsonfeed import read_json
from news.crawl.markup import Markup, find_root, repair, strip_controls
from news.crawl.records import Document, ParsedFeed
from news.crawl.slow import read_slowly
from news.crawl.tree import read_tree

_PAGE_ROOTS = {"html", "head", "body", "div", "script", "p", "br", "b"}


class NotAFeed(Exception):  # noqa: N818 - a fact about the document, told to people
    """The document is no feed; `reason` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(document: Document) -> ParsedFeed:
    """Read RSS, Atom, RDF, CDF or JSON Feed; a feed without entries is a feed.

    Raises NotAFeed and nothing else.
    """
    text = decode(document.body, document.content_type)
    if not text.strip("\0 \t\r\n"):
        raise NotAFeed("The answer is empty.")
    if text.lstrip()[:1] in {"{", "["}:
        return _parse_json(text)
    return _parse_markup(find_root(text), document.url)


def _parse_json(text: str) -> ParsedFeed:
    feed = read_json(text)
    if feed is None:
        raise NotAFeed("This is JSON, but not a JSON Feed.")
    return feed


def _parse_markup(markup: Markup, url: str) -> ParsedFeed:
    if markup.root in _PAGE_ROOTS:
        raise NotAFeed("This is a web page, not a feed.")
    if not markup.is_feed:
        kind = f"an XML document <{markup.root[:40]}>" if markup.root else "neither XML nor JSON"
        raise NotAFeed(f"This is {kind}, not a feed.")
    feed = read_tree(markup.text.encode("utf-8", "replace"))
    if feed is None:
        feed = _parse_broken(markup, url)
    return feed


def _parse_broken(markup: Markup, url: str) -> ParsedFeed:
    repaired = strip_controls(repair(markup.text, markup.entities))
    if (feed := read_tree(repaired)) is not None:
        return feed
    attempts = (read_slowly(repaired, url), read_tree(repaired, is_forgiving=True))
    feeds = [feed for feed in attempts if feed and (feed.entries or feed.title)]
    if not feeds:
        raise NotAFeed("This begins like a feed, but nothing in it can be read.")
    return max(feeds, key=lambda feed: (len(feed.entries), bool(feed.title)))
