"""OPML, the lists in which feed readers exchange what people follow (http://opml.org/spec2.opml).

Read by expat in one pass, without a tree. What declares a document type of its own is refused
before anything of it is expanded: no list needs entities, and bombs are made of them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from newsnotify.lib.sentences import gettext_noop

_NO_XML = gettext_noop("This is no XML, see line %(n)s: %(said)s.")
_BAD_ENCODING = gettext_noop("This encoding is not known here: save it as UTF-8.")
_OWN_TYPES = gettext_noop("This declares a document type of its own, which no list of feeds needs.")
_NO_OPML = gettext_noop("This is no OPML: it begins with <%(name)s>.")
_TOO_LARGE = gettext_noop("This has more than %(most)s elements: import it in parts.")
_TOO_DEEP = gettext_noop("Folders lie more than %(most)s deep in each other here.")
_TOO_MANY = gettext_noop("This names more than %(most)s feeds: import it in parts.")

MOST = 10_000  # outlines that say something
DEEPEST = 50
ELEMENTS = 100_000
NAMESPACE = "https://newsnotify.example/opml"  # names our own attributes, and is no address
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class OpmlError(ValueError):
    """A document that is no list of feeds, or a hostile one; the message is for people."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a list names: a feed, or with `topic` or `query` what only we know."""

    text: str
    url: str = ""
    site_url: str = ""
    topic: str = ""
    query: str = ""
    folder: str = ""


def read(markup: bytes) -> list[Outline]:
    """List what a document names, in its order. Raises OpmlError."""
    reader = _Reader()
    try:
        reader.parser.Parse(markup, True)
    except expat.ExpatError as error:
        said = expat.errors.messages[error.code]
        raise OpmlError(_NO_XML % {"n": error.lineno, "said": said}) from error
    except OpmlError:
        raise
    except (LookupError, ValueError) as error:
        raise OpmlError(_BAD_ENCODING) from error
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: list[Outline] = []
        self._depth = self._elements = 0
        self._folders: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse_types
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end

    def _refuse_types(self, name: str, system: str | None, public: str | None, own: int) -> None:
        if own:
            raise OpmlError(_OWN_TYPES)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if not self._depth and name.lower() != "opml":
            raise OpmlError(_NO_OPML % {"name": name[:40]})
        self._depth += 1
        self._elements += 1
        if self._elements > ELEMENTS:
            raise OpmlError(_TOO_LARGE % {"most": ELEMENTS})
        if self._depth > DEEPEST:
            raise OpmlError(_TOO_DEEP % {"most": DEEPEST})
        if name.lower() == "outline":
            self._outline({key.lower(): value.strip() for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() == "outline":
            self._folders.pop()

    def _outline(self, said: Mapping[str, str]) -> None:
        text = said.get("title") or said.get("text", "")
        outline = Outline(
            text=text,
            url=said.get("xmlurl", ""),
            site_url=said.get("htmlurl", ""),
            topic=said.get("nn:topic", ""),
            query=said.get("nn:query", ""),
            folder=next((folder for folder in reversed(self._folders) if folder), ""),
        )
        is_folder = not (outline.url or outline.topic or outline.query)
        self._folders.append(text if is_folder else "")
        if is_folder:
            return
        self.found.append(outline)
        if len(self.found) > MOST:
            raise OpmlError(_TOO_MANY % {"most": MOST})


def write(*, title: str, outlines: Iterable[Outline], now: datetime) -> bytes:
    """Write a list, each outline in its folder."""
    folders: dict[str, list[Outline]] = {}
    for outline in outlines:
        folders.setdefault(outline.folder, []).append(outline)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:nn="{NAMESPACE}">',
        f"<head><title>{escape(_writable(title))}</title>",
        f"<dateCreated>{format_datetime(now)}</dateCreated></head>",
        "<body>",
    ]
    for folder, inside in folders.items():
        rows = map(_written, inside)
        lines += [f"<outline{_said(text=folder)}>", *rows, "</outline>"] if folder else rows
    return "\n".join([*lines, "</body>", "</opml>", ""]).encode()


def _written(outline: Outline) -> str:
    said = {
        "text": outline.text,
        "type": "rss" if outline.url else "",
        "xmlUrl": outline.url,
        "htmlUrl": outline.site_url,
        "nn:topic": outline.topic,
        "nn:query": outline.query,
    }
    return f"<outline{_said(**said)}/>"


def _said(**attributes: str) -> str:
    given = {name: value for name, value in attributes.items() if value or name == "text"}
    return "".join(f" {name}={quoteattr(_writable(value))}" for name, value in given.items())


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)
