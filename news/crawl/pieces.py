"""A document cut at its entries, so that those which stand in it as before need no parser.

Cut is only what cannot be misunderstood: entries side by side with nothing between them, none in
a comment or in another's text, and nothing outside that changes what stands inside. Whether it was
understood is seen when the rest is read: everything that does not fit is read as a whole.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from news.crawl.identity import MAX_ENTRIES
from news.crawl.markup import Markup
from news.crawl.memory import half

_CLOSED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_FIRST_TAGS = re.compile(r"<[^<>]*>\s*(?:<[^<>]*>)?")  # which declare namespaces


@dataclass(frozen=True, slots=True)
class Pieces:
    """The entries as they are written, each with its key, and what stands around them."""

    head: str
    begin: str  # of each entry
    entries: Sequence[str]  # without it
    keys: Sequence[bytes]
    tail: str

    def without(self, known: Collection[bytes]) -> tuple[str, tuple[bytes, ...]]:
        """Write the document without the entries that have these keys; and the keys of the rest."""
        left = [at for at, key in enumerate(self.keys) if key not in known]
        entries = (part for at in left for part in (self.begin, self.entries[at]))
        return "".join([self.head, *entries, self.tail]), tuple(self.keys[at] for at in left)

    def around(self, *addresses: str) -> bytes:
        """Tell by a key what entries are read by besides their own text."""
        tags = _FIRST_TAGS.match(self.head)
        return _key("\n".join([*addresses, tags[0] if tags else ""]))


def cut_up(markup: Markup) -> Pieces | None:
    """Cut a feed at its entries; None where that is not safe."""
    kind = "entry" if markup.root == "feed" else "item"
    begin, end = f"<{kind}", f"</{kind}>"
    head, *parts = markup.text.split(begin)
    if parts and parts[0].startswith("s>"):  # of RDF's list of them
        head += begin + parts.pop(0)
    if not parts or len(parts) > MAX_ENTRIES:
        return None
    last, ended, tail = parts.pop().rpartition(end)
    entries = [part.rstrip() for part in parts] + [last + ended]
    is_sure = (
        all(entry.endswith(end) and entry[0] in "> \t\r\n" for entry in entries)
        and "xml:base" not in head
        and all(head.count(opened) == head.count(closed) for opened, closed in _CLOSED)
    )
    if not is_sure:
        return None
    return Pieces(head, begin, entries, tuple(map(_key, entries)), tail)


def _key(text: str) -> bytes:
    return half(sha256(text.encode("utf-8", "replace")).digest())
