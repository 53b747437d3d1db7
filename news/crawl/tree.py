"""Read a well-formed feed of any XML format in one walk over its tree.

RSS 0.9x, 1.0, 1.1 and 2.0, Atom 0.3 and 1.0 and CDF differ in where things stand, hardly in what
they are called, so one reader serves them all.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from news.crawl.attachments import ATTACHED, enclosed, pictured
from news.crawl.elements import (
    AUTHORS,
    PAGES,
    RDF,
    Children,
    Element,
    Elements,
    Link,
    first_said,
    href_of,
    text_of,
)
from news.crawl.fields import to_enclosures, to_hours, to_image, to_ttl
from news.crawl.names import Names
from news.crawl.records import ParsedFeed, RawEntry

_ITEMS = ("{*}item", "{*}entry", "{*}Item", "{*}ITEM", "{*}Entry")
_GUIDS = ("guid", "id")
_SUMMARIES = (
    "description", "summary", "abstract", "dc:description", "dcterms:abstract",
    "media:description", "itunes:summary", "itunes:subtitle",
)  # fmt: skip
_CONTENTS = ("content:encoded", "content", "xhtml:body", "body", "fullitem")
_PUBLISHED = (
    "pubdate", "published", "issued", "dcterms:issued", "dc:date", "created", "dcterms:created",
    "date",
)  # fmt: skip
_UPDATED = ("updated", "modified", "dcterms:modified", "lastbuilddate")
_CATEGORIES = ("category", "dc:subject", "media:category")
_BESIDES = frozenset({*ATTACHED, *AUTHORS, *_CATEGORIES, "comments"})


def read_tree(markup: bytes, *, is_forgiving: bool = False) -> ParsedFeed | None:
    """Read UTF-8 markup that begins with its root element; None when it is ill-formed.

    `is_forgiving` reads what libxml2 makes of ill-formed markup: good where a tag is misspelt or
    the end is missing, bad where HTML stands in the feed unescaped.
    """
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
    if root is None or not (is_forgiving or all(map(_is_harmless, parser.error_log))):
        return None
    return _Reader(root, has_base=b"xml:base" in markup).read()


def _is_harmless(error: Any) -> bool:
    """Forgive undeclared prefixes, and what follows the root: the tree is complete without."""
    return bool(error.level_name != "FATAL" or error.type_name == "ERR_DOCUMENT_END")


class _Reader(Elements):
    """One document being read."""

    def __init__(self, root: Element, *, has_base: bool) -> None:
        namespace, _, name = root.tag.rpartition("}")
        is_atom = name.rpartition(":")[2].lower() in {"feed", "entry"}
        super().__init__(Names(namespace[1:]), is_atom=is_atom, has_base=has_base)
        self.root = root

    def read(self) -> ParsedFeed:
        top = self.children(self.root)
        channel = top.get("channel", [self.root])[0]
        feed = top if channel is self.root else self.children(channel)
        author = self.author(feed) if self.is_atom else ""
        links = self.links(feed)
        waits = (text_of(feed, (n,)) for n in ("ttl", "sy:updateperiod", "sy:updatefrequency"))
        return ParsedFeed(
            title=self.title(feed)[0],
            site_url=self.page(feed, links) or href_of(channel),
            base=self.base(self.root),
            entries=tuple(self.entries(self.items(feed, top), author)),
            ttl=to_ttl(*waits),
            skip_hours=to_hours(h.text or "" for s in feed.get("skiphours", []) for h in s),
            hub_url=_related(links, "hub"),
            self_url=_related(links, "self"),
        )

    def entries(self, items: Iterable[Element], feed_author: str) -> Iterator[RawEntry]:
        for item in items:
            entry = self.entry(item, feed_author)
            if entry.guid or entry.link or entry.title or entry.content or _holds_anything(item):
                yield entry

    def items(self, feed: Children, top: Children) -> Iterable[Element]:
        """List the entries: where RSS, Atom and RDF have them, else wherever they stand."""
        if len(top.get("channel", ())) > 1 or self.names[self.root.tag] == "channel":
            return self.search()
        items = [*feed.get("item", ()), *feed.get("entry", ())]
        if feed is not top:
            items += [*top.get("item", ()), *top.get("entry", ())]
        return items or self.search()

    def search(self) -> Iterator[Element]:
        """Search the whole tree for entries, but not for those quoted inside another's content."""
        holder, is_quoted = self.names, False  # no element yet, not even None
        for item in self.root.iter(*_ITEMS):
            if (parent := item.getparent()) is not holder:
                holder = parent
                is_quoted = next(item.iterancestors(*_ITEMS), None) is not None
            if not is_quoted:
                yield item

    def entry(self, item: Element, feed_author: str) -> RawEntry:
        found = self.children(item)
        title, is_html = self.title(found)
        content = first_said(found, _CONTENTS)
        links = self.links(found)
        entry = RawEntry(
            guid=text_of(found, _GUIDS) or item.get(f"{RDF}about", ""),
            link=self.page(found, links) or self.guid_as_page(found) or href_of(item),
            base=self.base(content[0] if content else item),
            title=title,
            title_is_html=is_html,
            summary=self.html(first_said(found, _SUMMARIES)),
            content=self.html(content),
            author=feed_author,
            published=text_of(found, _PUBLISHED),
            updated=text_of(found, _UPDATED),
        )
        is_bare = _BESIDES.isdisjoint(found) and all(link.rel in PAGES for link in links)
        return entry if is_bare else self.with_besides(entry, found, links)

    def with_besides(self, entry: RawEntry, found: Children, links: list[Link]) -> RawEntry:
        """Add what many entries have nothing of."""
        media = enclosed(self, found, links)
        return entry._replace(
            author=self.author(found) or entry.author,
            image_url=to_image(media) or pictured(self, found),
            enclosures=to_enclosures(m for m in media if not m.is_decoration) if media else (),
            categories=_categories(found),
            comments_url=self.comments(found, links),
        )

    def guid_as_page(self, found: Children) -> str:
        """RSS 2.0: a guid is a permalink unless it says that it is not."""
        for guid in found.get("guid", ()):
            text = (guid.text or "").strip()
            if guid.get("isPermaLink", "true").lower() == "true" and "://" in text:
                return text
        return ""

    def comments(self, found: Children, links: list[Link]) -> str:
        """RSS 2.0 has an element, RFC 4685 §4 a link; one of another type leads to a feed."""
        for element in found.get("comments", ()):
            if text := (element.text or "").strip():
                return self.resolve(element, text)
        replies = (link.url for link in links if link.rel == "replies" and link.is_page)
        return next(replies, "")


def _related(links: list[Link], rel: str) -> str:
    return next((link.url for link in links if link.rel == rel), "")


def _categories(found: Children) -> tuple[str, ...]:
    """Atom has a label for people beside the term, RSS only text."""
    elements = [element for name in _CATEGORIES for element in found.get(name, ())]
    texts = (e.get("label") or e.get("term") or e.text or "" for e in elements)
    return tuple(filter(None, map(str.strip, texts)))


def _holds_anything(item: Element) -> bool:
    """Say whether there is any text or attribute in an item: only then something was published."""
    return any(e.keys() or (e.text and e.text.strip()) for e in item.iterdescendants())
