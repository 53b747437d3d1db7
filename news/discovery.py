"""Find the feeds that a page advertises, and the one spelling of a source's URL."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from newsnotify.lib import urls

MAX_PAGE_BYTES = 1024 * 1024  # feeds are advertised in the head; the rest is not worth parsing
MAX_FEEDS = 10
_FEED_TYPES = {
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/x.atom+xml",
    "application/x-atom+xml",
}
_XML_TYPES = {"application/xml", "text/xml"}
_FEED_PATH = re.compile(
    r"(^|/)(feeds?|rss|atom)/?$|(^|/)(feeds?|rss|atom|index)\.xml$|/feed\.json$|\.(rss|atom|rdf)$",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.ASCII | re.IGNORECASE)
_COMMENTS = re.compile(r"\bcomments?\b", re.I)


def canonical_url(url: str) -> str:
    """Return the spelling of a feed's URL that identifies its source.

    `feed:` and `feed://` in front are what browsers hand over. Query and user info stay.
    Raises ValueError with a sentence for people.
    """
    url = url.strip()
    if url[:5].lower() == "feed:":
        rest = url[5:].removeprefix("//")
        url = rest if "://" in rest.partition("?")[0] else f"http://{rest}"
    return urls.clean(url)


def find_feeds(body: bytes, content_type: str, url: str) -> tuple[str, ...]:
    """Return the canonical URLs of the feeds that an HTML page names, the best first.

    `url` is the page's final address. `<link rel="alternate">` (RSS Advisory Board, Feed
    Autodiscovery) goes before plain links that look like feeds, articles before comments.
    """
    root = _parse(body, content_type)
    if root is None:
        return ()
    base = _base(root, url)
    found: dict[str, int] = {}
    for rank, href in _candidates(root):
        if address := _resolve(base, href):
            found[address] = min(rank, found.get(address, rank))
    found.pop(_resolve(url, url), None)
    return tuple(sorted(found, key=found.__getitem__))[:MAX_FEEDS]


def _parse(body: bytes, content_type: str) -> etree._Element | None:
    try:
        return etree.fromstring(body[:MAX_PAGE_BYTES], _parser(content_type))
    except etree.LxmlError:
        return None  # the parser recovers from nearly everything, but promises nothing


def _parser(content_type: str) -> etree.HTMLParser:
    charset = _CHARSET.search(content_type)
    try:
        return etree.HTMLParser(encoding=charset[1] if charset else None, no_network=True)
    except LookupError:
        return etree.HTMLParser(no_network=True)  # it then looks into the page


def _base(root: etree._Element, url: str) -> str:
    href = next((element.get("href") for element in root.iter("base") if element.get("href")), "")
    return _resolve(url, href) or url


def _candidates(root: etree._Element) -> Iterator[tuple[int, str]]:
    """Give what may be a feed, with its rank: the lower the better."""
    for element in root.iter("link", "a"):
        href = element.get("href") or ""
        rank = _link_rank(element) if element.tag == "link" else _anchor_rank(href)
        if href.strip() and rank is not None:
            about = f"{element.get('title') or ''} {href}"
            yield rank + 2 * bool(_COMMENTS.search(about)), href


def _link_rank(element: etree._Element) -> int | None:
    relations = (element.get("rel") or "").lower().split()
    kind = (element.get("type") or "").partition(";")[0].strip().lower()
    if "alternate" not in relations and "feed" not in relations:
        return None
    if kind in _FEED_TYPES or (not kind and "feed" in relations):
        return 0
    return 1 if kind in _XML_TYPES else None


def _anchor_rank(href: str) -> int | None:
    path = href.partition("#")[0].partition("?")[0].strip()
    return 4 if _FEED_PATH.search(path) else None


def _resolve(base: str, href: str) -> str:
    try:
        return canonical_url(urljoin(base, href.strip()))
    except ValueError:
        return ""
