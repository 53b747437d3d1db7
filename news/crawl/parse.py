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
from newsnotify.lib.sentences import gettext_noop

_EMPTY = gettext_noop("The answer is empty.")
_JSON = gettext_noop("This is JSON, but not a JSON Feed.")
_PAGE = gettext_noop("This is a web page, not a feed.")
_XML = gettext_noop("This is an XML document <%(name)s>, not a feed.")
_NEITHER = gettext_noop("This is neither XML nor JSON, not a feed.")
_BROKEN = gettext_noop("This begins like a feed, but nothing in it can be read.")

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
    opened = open_document(document)
    if isinstance(opened, ParsedFeed):
        return opened
    return parse_well_formed(opened.text) or parse_broken(opened, document.url)


def open_document(document: Document) -> ParsedFeed | Markup:
    """Read JSON Feed, or find where the markup of a feed begins. Raises NotAFeed."""
    text = decode(document.body, document.content_type)
    if not text.strip("\0 \t\r\n"):
        raise NotAFeed(_EMPTY)
    if text.lstrip()[:1] in {"{", "["}:
        return _parse_json(text)
    return _checked(find_root(text))


def _parse_json(text: str) -> ParsedFeed:
    feed = read_json(text)
    if feed is None:
        raise NotAFeed(_JSON)
    return feed


def _checked(markup: Markup) -> Markup:
    if markup.root in _PAGE_ROOTS:
        raise NotAFeed(_PAGE)
    if not markup.is_feed:
        raise NotAFeed(_XML % {"name": markup.root[:40]} if markup.root else _NEITHER)
    return markup


def parse_well_formed(text: str) -> ParsedFeed | None:
    """Read markup that is as XML wants it; None when it is not."""
    return read_tree(text.encode("utf-8", "replace"))


def parse_broken(markup: Markup, url: str) -> ParsedFeed:
    """Read markup that is not well-formed, as well as it can be. Raises NotAFeed."""
    repaired = strip_controls(repair(markup.text, markup.entities))
    if (feed := read_tree(repaired)) is not None:
        return feed
    attempts = (read_slowly(repaired, url), read_tree(repaired, is_forgiving=True))
    feeds = [feed for feed in attempts if feed and (feed.entries or feed.title)]
    if not feeds:
        raise NotAFeed(_BROKEN)
    return max(feeds, key=lambda feed: (len(feed.entries), bool(feed.title)))
