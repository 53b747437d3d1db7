"""What stands between decoded text and an XML parser: junk, prologs, entities, stray characters."""

import re
from dataclasses import dataclass
from html import escape, unescape
from html.entities import html5

# Atomic groups: without them a prolog of many instructions could be split in 2ⁿ ways.
_PROLOG = re.compile(
    r"(?>(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+)"
    r"(?P<doctype><!DOCTYPE(?>[^\[>]*)(?:\[(?>.*?\]\s*>)|>)\s*)?"
    r"(?>(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+)",
    re.S | re.I,
)
_START = re.compile(r"<(?:\?xml|(?:\w+:)?(?:rss|feed|rdf|channel|entry)[\s>])", re.I)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,64})\s+(?:"([^"]{0,256})"|'([^']{0,256})')\s*>""")
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&+(?=&)|&(?:#(x?)([0-9a-f]{1,8});|(\w{1,64});)?",
    re.S | re.I,
)
_CONTROLS = bytes({*range(32)} - {9, 10, 13}) + b"\x7f"
_JUNK = 8192  # characters before the document that a broken server may have written
_FEED_ROOTS = {"rss", "feed", "rdf", "channel", "entry"}  # one entry alone: RFC 4287 §2
_PREDEFINED = {"amp", "lt", "gt", "quot", "apos"}


@dataclass(frozen=True, slots=True)
class Markup:
    """A document from its root element on, and what its document type declared."""

    root: str  # local name in lower case, "" when there is no element
    text: str
    entities: dict[str, str]

    @property
    def is_feed(self) -> bool:
        return self.root in _FEED_ROOTS


def find_root(text: str) -> Markup:
    """Cut away what comes before the root element, also what a broken server printed there.

    The document type goes too: a parser that is given none has nothing to explode.
    """
    markup = _root_at(text, 0)
    if markup.is_feed or markup.root == "html":
        return markup
    start = _START.search(text, 0, _JUNK)
    return _root_at(text, start.start()) if start else markup


def _root_at(text: str, start: int) -> Markup:
    prolog = _PROLOG.match(text, start)
    name = prolog and _ROOT.match(text, prolog.end())
    if prolog is None or name is None:
        return Markup("", text, {})
    return Markup(name[1].lower(), text[prolog.end() :], _declared(prolog["doctype"] or ""))


def strip_controls(text: str) -> bytes:
    """Encode as UTF-8 without the characters that XML 1.0 §2.2 forbids."""
    return text.encode("utf-8", "replace").translate(None, _CONTROLS)


def repair(text: str, entities: dict[str, str]) -> str:
    """Make references well-formed outside CDATA: undeclared names, stray ampersands, &#0;."""
    budget = len(text) + 1_000_000  # characters that declared entities may add

    def mend(match: re.Match[str]) -> str:
        nonlocal budget
        is_hex, number, name = match.groups()
        if number:
            return _character(number, 16 if is_hex else 10)
        if name is None:
            return match[0] if match[0].startswith("<") else "&amp;" * len(match[0])
        if name in _PREDEFINED:
            return match[0]
        value = entities.get(name) or html5.get(f"{name};") or match[0]
        budget -= len(value)
        return escape(value if budget > 0 else match[0], quote=False)

    return _AMPERSAND.sub(mend, text).replace("\ufffe", "").replace("\uffff", "")


def _character(digits: str, base: int) -> str:
    try:
        code = int(digits, base)
    except ValueError:
        return "&amp;#" + digits + ";"
    # As HTML reads it: 128 to 159 mean Windows characters, what cannot be is U+FFFD or nothing.
    return escape(unescape(f"&#{code};")) if code > 31 or code in (9, 10, 13) else ""


def _declared(doctype: str) -> dict[str, str]:
    pairs = (match.groups("") for match in _ENTITY.finditer(doctype[:65536]))
    return {name: unescape(double or single) for name, double, single in pairs}
