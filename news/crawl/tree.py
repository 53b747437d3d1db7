"""Read a well-formed feed of any XML format in one walk over its tree.

RSS 0.9x, 1.0, 1.1 and 2.0, Atom 0.3 and 1.0 and CDF differ in where things stand, hardly in what
they are called, so one reader serves them all. Measured on 100 kB of RSS: 1 ms, where feedparser
needs 20.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from news.crawl.fields import Medium, to_enclosures, to_hours, to_image, to_name, to_ttl
from news.crawl.names import name_of
from news.crawl.records import ParsedFeed, RawEntry

_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RDF_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_ITEMS = ("{*}item", "{*}entry", "{*}Item", "{*}ITEM", "{*}Entry")
_PLAIN_TYPES = {"", "text", "text/plain"}
_TITLES = ("title", "dc:title", "media:title", "itunes:title")
_SUMMARIES = (
    "description", "summary", "abstract", "dc:description", "dcterms:abstract",
    "media:description", "itunes:summary", "itunes:subtitle",
)  # fmt: skip
_CONTENTS = ("content:encoded", "content", "xhtml:body", "body", "fullitem")
_AUTHORS = ("author", "dc:creator", "dc:author", "itunes:author")
_PUBLISHED = (
    "pubdate", "published", "issued", "dcterms:issued", "dc:date", "created", "dcterms:created",
    "date",
)  # fmt: skip
_UPDATED = ("updated", "modified", "dcterms:modified", "lastbuilddate")
_MEDIA = ("media:group", "media:content", "media:thumbnail")
_PICTURES = ("itunes:image", "itunes:link", "image")
_NOT_THE_PAGE = {"self", "edit", "enclosure", "replies", "hub", "next", "prev", "license"}

_Element = Any  # lxml comes without types
_Children = dict[str, list[_Element]]


def read_tree(markup: bytes) -> ParsedFeed | None:
    """Read UTF-8 markup that begins with its root element; None when it is ill-formed."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(markup, parser)
    except etree.XMLSyntaxError:
        return None
    if root is None or any(map(_is_fatal, parser.error_log)):
        return None
    return _Reader(root, has_base=b"xml:base" in markup).read()


def _is_fatal(error: Any) -> bool:
    """Forgive undeclared prefixes, and what follows the root: the tree is complete without."""
    return bool(error.level_name == "FATAL" and error.type_name != "ERR_DOCUMENT_END")


class _Reader:
    """One document being read: its root, its own namespace, and whether it speaks Atom."""

    def __init__(self, root: _Element, *, has_base: bool) -> None:
        name = etree.QName(root)
        self.root = root
        self.has_base = has_base
        self.home = name.namespace or ""
        self.is_atom = name.localname.lower() in {"feed", "entry"}

    def read(self) -> ParsedFeed:
        channel = self.children(self.root).get("channel", [self.root])[0]
        feed = self.children(channel)
        author = self.author(feed) if self.is_atom else ""
        links = feed.get("link", [])
        return ParsedFeed(
            title=self.title(feed)[0],
            site_url=self.page(feed) or _href(channel),
            base=self.base(self.root),
            entries=tuple(self.entry(item, author) for item in self.items()),
            ttl=to_ttl(*(_text(feed, n) for n in ("ttl", "sy:updateperiod", "sy:updatefrequency"))),
            skip_hours=to_hours(h.text or "" for s in feed.get("skiphours", []) for h in s),
            hub_url=next(self.hrefs(links, {"hub"}), ""),
            self_url=next(self.hrefs(links, {"self"}), ""),
        )

    def items(self) -> Iterator[_Element]:
        """Find entries wherever they stand, but not those quoted inside another's content."""
        for item in self.root.iter(*_ITEMS):
            if next(item.iterancestors(*_ITEMS), None) is None:
                yield item

    def entry(self, item: _Element, feed_author: str) -> RawEntry:
        found = self.children(item)
        title, is_html = self.title(found)
        content_tag = self.first(found, _CONTENTS)
        media = list(self.media(found))
        return RawEntry(
            guid=_text(found, "guid", "id") or item.get(_RDF_ABOUT, ""),
            link=self.page(found) or self.guid_as_page(found) or _href(item),
            base=self.base(item if content_tag is None else content_tag),
            title=title,
            title_is_html=is_html,
            summary=self.html(self.first(found, _SUMMARIES)),
            content=self.html(content_tag),
            author=self.author(found) or feed_author,
            published=_text(found, *_PUBLISHED),
            updated=_text(found, *_UPDATED),
            image_url=to_image(media) or self.picture(found),
            enclosures=to_enclosures(m for m in media if not m.is_decoration),
            categories=tuple(self.categories(found)),
        )

    def children(self, element: _Element) -> _Children:
        found: _Children = {}
        home = self.home
        for child in element:
            found.setdefault(name_of(child.tag, home), []).append(child)
        return found

    def first(self, found: _Children, names: Iterable[str]) -> _Element | None:
        """Take the first element that says something, in the order of the names."""
        for name in names:
            for element in found.get(name, ()):
                if len(element) or (element.text and not element.text.isspace()):
                    return element
        return None

    def title(self, found: _Children) -> tuple[str, bool]:
        element = self.first(found, _TITLES)
        if element is None:
            return "", False
        is_plain = len(element) == 0 and self.is_plain(element)
        return (_content(element), False) if is_plain else (self.html(element), True)

    def is_plain(self, element: _Element) -> bool:
        """RFC 4287 §3.1.1: text unless it says otherwise. RSS never says, and means HTML."""
        kind = element.get("type", "" if self.is_atom else "html").lower()
        return kind in _PLAIN_TYPES

    def html(self, element: _Element | None) -> str:
        if element is None:
            return ""
        if len(element):
            return self.inner(element)
        text = _content(element)
        return escape(text, quote=False) if self.is_plain(element) else text

    def inner(self, element: _Element) -> str:
        """Write inline markup out as HTML, without namespaces, links resolved by xml:base."""
        for tag in element.iterdescendants(etree.Element):
            for name in ("href", "src") if self.has_base else ():
                if value := tag.get(name):
                    tag.set(name, _join(tag.base, value))
            tag.tag = etree.QName(tag).localname
        element.attrib.clear()
        etree.cleanup_namespaces(element)
        html: str = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
        return html[html.index(">") + 1 : html.rindex("<")].strip()

    def base(self, element: _Element) -> str:
        return (element.base or "") if self.has_base else ""

    def page(self, found: _Children) -> str:
        return next(filter(None, self.pages(found)), "")

    def pages(self, found: _Children) -> Iterator[str]:
        """RSS writes the address as text, Atom as the link without a rel or `alternate`."""
        links = found.get("link", [])
        yield from (self.resolve(link, (link.text or "").strip()) for link in links)
        yield from self.hrefs(links, {"", "alternate"}, "html")
        yield from self.hrefs(links, {"", "alternate"})
        yield from (self.resolve(link, link.get(_RDF_RESOURCE, "")) for link in links)
        yield from self.hrefs(
            links, {link.get("rel", "").lower() for link in links} - _NOT_THE_PAGE
        )
        yield from (self.resolve(part, part.get("src", "")) for part in found.get("content", ()))

    def guid_as_page(self, found: _Children) -> str:
        """RSS 2.0: a guid is a permalink unless it says that it is not."""
        for guid in found.get("guid", []):
            text = (guid.text or "").strip()
            if guid.get("isPermaLink", "true").lower() == "true" and "://" in text:
                return text
        return ""

    def hrefs(self, links: list[_Element], rels: set[str], kind: str = "") -> Iterator[str]:
        for link in links:
            href = link.get("href", "").strip()
            is_kind = kind in link.get("type", "text/html").lower()
            if href and is_kind and link.get("rel", "").lower() in rels:
                yield self.resolve(link, href)

    def resolve(self, element: _Element, url: str) -> str:
        return _join(element.base, url) if self.has_base and url else url

    def author(self, found: _Children) -> str:
        """Atom and RSS 1.1 nest a name and an address, RSS has `address (name)`."""
        for name in _AUTHORS:
            for element in found.get(name, ()):
                parts = self.children(element)
                if text := _text(parts, "name", "email") or (element.text or "").strip():
                    return to_name(text)
        return ""

    def media(self, found: _Children) -> Iterator[Medium]:
        for element in found.get("enclosure", ()):
            url = element.get("url") or element.get("href") or element.get(_RDF_RESOURCE, "")
            kind, length = element.get("type", ""), element.get("length", "")
            yield Medium(self.resolve(element, url.strip()), kind, length=length)
        for element in found.get("link", ()):
            if element.get("rel", "").lower() == "enclosure":
                url = self.resolve(element, element.get("href", "").strip())
                yield Medium(url, element.get("type", ""), length=element.get("length", ""))
        for holder in (element for name in _MEDIA for element in found.get(name, ())):
            yield from self.mrss(holder)

    def mrss(self, holder: _Element) -> Iterator[Medium]:
        """Read Media RSS: contents and thumbnails, grouped or not."""
        for element in holder.iter():
            name, url = name_of(element.tag, self.home), element.get("url", "").strip()
            if url and name == "media:content":
                kind, medium = element.get("type", ""), element.get("medium", "")
                yield Medium(url, kind, medium or "unknown", element.get("fileSize", ""))
            elif url and name == "media:thumbnail":
                yield Medium(url, medium="thumbnail")

    def picture(self, found: _Children) -> str:
        for image in (image for name in _PICTURES for image in found.get(name, ())):
            nested = _text(self.children(image), "url")
            if url := image.get("href") or nested or (image.text or "").strip():
                return self.resolve(image, url)
        return ""

    def categories(self, found: _Children) -> Iterator[str]:
        for element in (*found.get("category", ()), *found.get("dc:subject", ())):
            text = element.get("label") or element.get("term") or element.text or ""
            if text.strip():
                yield text.strip()


def _text(found: _Children, *names: str) -> str:
    for name in names:
        for element in found.get(name, ()):
            if text := (element.text or "").strip():
                return str(text)
    return ""


def _href(element: _Element) -> str:
    return str(element.get("href") or element.get("HREF") or "")  # CDF shouts


def _content(element: _Element) -> str:
    text = str(element.text or "").strip()
    if not _is_base64(element):
        return text
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, ValueError):  # a picture as content, or a type that means nothing
        return "" if element.tag.endswith("content") else text


def _is_base64(element: _Element) -> bool:
    """Atom 0.3 says so; RFC 4287 §4.1.3.3: all that is neither text nor XML."""
    kind, mode = element.get("type", "").lower(), element.get("mode")
    is_binary = "/" in kind and not kind.startswith("text/") and not kind.endswith("xml")
    return mode == "base64" or (is_binary and mode is None)


def _join(base: str | None, url: str) -> str:
    try:
        return urljoin(base or "", url)
    except ValueError:  # an address no URL parser can read, as in http://[x
        return ""
