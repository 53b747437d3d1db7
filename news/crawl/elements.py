"""What the elements of a feed say: text or markup, links, names, in any of the XML formats."""

import base64
import binascii
from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from news.crawl.fields import to_name
from news.crawl.names import Names

Element = Any  # lxml comes without types
Children = dict[str, list[Element]]
Said = tuple[Element, str]  # an element that says something, and its own text

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_TITLES = ("title", "dc:title", "media:title", "itunes:title")
AUTHORS = ("author", "dc:creator", "dc:author", "itunes:author")
PAGES = frozenset({"", "alternate"})  # relations of links that lead to the page itself
_PLAIN_TYPES = {"", "text", "text/plain"}
_NOT_THE_PAGE = {
    "self", "edit", "enclosure", "replies", "hub", "next", "prev", "previous", "first", "last",
    "license",
}  # fmt: skip


class Link(NamedTuple):
    """An element that carries its address in an attribute: of Atom, mostly."""

    url: str
    rel: str  # in lower case, "" for none
    type: str
    length: str

    @property
    def is_page(self) -> bool:
        return not self.type or "html" in self.type.lower()


class Elements:
    """Reads elements in the dialect of one document.

    `is_atom` decides what text means when nothing says so, `has_base` whether links are to be
    resolved here, by xml:base.
    """

    def __init__(self, names: Names, *, is_atom: bool, has_base: bool) -> None:
        self.names = names
        self.is_atom = is_atom
        self.has_base = has_base

    def children(self, element: Element) -> Children:
        found: Children = {}
        names = self.names
        for child in element:
            name = names[child.tag]
            if name in found:
                found[name].append(child)
            else:
                found[name] = [child]
        return found

    def title(self, found: Children) -> tuple[str, bool]:
        """Read a title and whether it is markup."""
        said = first_said(found, _TITLES)
        if said is None:
            return "", False
        element, text = said
        if not (len(element) or element.keys()):
            return text, not self.is_atom
        if len(element) or not self.is_plain(element):
            return self.html(said), True
        return _decoded(element, text), False

    def is_plain(self, element: Element) -> bool:
        """RFC 4287 §3.1.1: text unless it says otherwise. RSS never says, and means HTML."""
        kind = element.get("type")
        return self.is_atom if kind is None else kind.lower() in _PLAIN_TYPES

    def html(self, said: Said | None) -> str:
        if said is None:
            return ""
        element, text = said
        if len(element):
            return self.inner(element)
        if element.keys():
            text = _decoded(element, text)
        elif not self.is_atom:
            return text
        return escape(text, quote=False) if self.is_plain(element) else text

    def inner(self, element: Element) -> str:
        """Write inline markup out as HTML, without namespaces, links resolved by xml:base."""
        for tag in element.iterdescendants(etree.Element):
            for name in ("href", "src") if self.has_base else ():
                if value := tag.get(name):
                    tag.set(name, _join(tag.base, value))
            namespace, _, name = tag.tag.rpartition("}")
            if namespace:  # with colons left in it, it was no name, and cannot be set
                tag.tag = "span" if ":" in name else name
        element.attrib.clear()
        etree.cleanup_namespaces(element)
        html: str = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
        return html[html.index(">") + 1 : html.rindex("<")].strip()

    def base(self, element: Element) -> str:
        return (element.base or "") if self.has_base else ""

    def resolve(self, element: Element, url: str) -> str:
        return _join(element.base, url) if self.has_base and url else url

    def links(self, found: Children) -> list[Link]:
        """List the links that carry their address in an attribute."""
        links = []
        for element in found.get("link", ()):
            if element.keys():
                url = (element.get("href") or element.get(f"{RDF}resource", "")).strip()
                if url:
                    rel, kind = element.get("rel", ""), element.get("type", "")
                    url = self.resolve(element, url)
                    links.append(Link(url, rel.lower(), kind, element.get("length", "")))
        return links

    def page(self, found: Children, links: list[Link]) -> str:
        """Find the address: RSS writes it as text, Atom as the link without rel or `alternate`."""
        for element in found.get("link", ()):
            if text := (element.text or "").strip():
                return self.resolve(element, text)
        pages = [link for link in links if link.rel in PAGES]
        for link in pages:
            if link.is_page:
                return link.url
        others = (link for link in links if link.rel not in _NOT_THE_PAGE)
        for link in (*pages, *others):
            return link.url
        return next(filter(None, map(self.source, found.get("content", ()))), "")

    def source(self, element: Element) -> str:
        """RFC 4287 §4.1.3.2: content that stands elsewhere."""
        return self.resolve(element, element.get("src", "").strip())

    def author(self, found: Children) -> str:
        """Atom and RSS 1.1 nest a name and an address, RSS has `address (name)`."""
        for name in AUTHORS:
            for element in found.get(name, ()):
                if text := self.person(element):
                    return to_name(text)
        return ""

    def person(self, element: Element) -> str:
        own = (element.text or "").strip()
        if len(element) == 0:
            return own
        named = text_of(self.children(element), ("name", "email")) or own
        return named if named or self.is_atom else " ".join(element.itertext()).strip()


def first_said(found: Children, names: Iterable[str]) -> Said | None:
    """Take the first element that says something, in the order of the names."""
    for name in names:
        if name in found:
            for element in found[name]:
                text = (element.text or "").strip()
                if text or len(element):
                    return element, text
    return None


def text_of(found: Children, names: Iterable[str]) -> str:
    """Take the first text there is, in the order of the names."""
    for name in names:
        if name in found:
            for element in found[name]:
                if text := (element.text or "").strip():
                    return str(text)
    return ""


def href_of(element: Element) -> str:
    return str(element.get("href") or element.get("HREF") or "")  # CDF shouts


def _decoded(element: Element, text: str) -> str:
    if not _is_base64(element):
        return text
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, ValueError):  # a picture as content, or a type that means nothing
        return "" if element.tag.endswith("content") else text


def _is_base64(element: Element) -> bool:
    """Atom 0.3 says so; RFC 4287 §4.1.3.3: all that is neither text nor XML."""
    kind, mode = element.get("type", "").lower(), element.get("mode")
    is_binary = "/" in kind and not kind.startswith("text/") and not kind.endswith("xml")
    return mode == "base64" or (is_binary and mode is None)


def _join(base: str | None, url: str) -> str:
    try:
        return urljoin(base or "", url)
    except ValueError:  # an address no URL parser can read, as in http://[x
        return ""
