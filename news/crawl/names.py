"""What a tag means: one short name for it, whatever namespace a feed put it in."""

import re
from functools import lru_cache

# Namespaces by what they contain: feeds write them with and without www, slash and https.
# Order matters: the modules of RSS 1.0 live below its own address.
_PREFIXES = (
    ("purl.org/dc/elements", "dc:"),
    ("purl.org/dc/terms", "dcterms:"),
    ("rss/1.0/modules/content", "content:"),
    ("rss/1.0/modules/syndication", "sy:"),
    ("rss/1.0/modules/rss091", ""),
    ("rss/1.0/modules", "other:"),
    ("search.yahoo.com/mrss", "media:"),
    ("podcast-1.0.dtd", "itunes:"),
    ("purl.oclc.org/net/rss_2.0/enc", ""),
    ("w3.org/1999/02/22-rdf-syntax-ns", ""),
    ("w3.org/1999/xhtml", "xhtml:"),
    ("w3.org/2005/atom", ""),
    ("purl.org/atom/ns", ""),
    ("purl.org/rss/1.0", ""),
    ("purl.org/net/rss1.1", ""),
    ("netscape.com/rdf", ""),
    ("backend.userland.com/rss", ""),
    ("blogs.law.harvard.edu/tech/rss", ""),
    ("cyber.law.harvard.edu/rss", ""),
)
_PLAIN_PREFIX = re.compile(r"(?:rss|atom|rdf|a):")
_LONGEST = 200  # characters; longer names mean nothing and would fill the cache


class Names(dict[str, str]):
    """The names of one document's tags; looked up at the speed of a dict once it was met."""

    def __init__(self, home: str) -> None:
        super().__init__()
        self._home = home

    def __missing__(self, tag: str) -> str:
        name = self[tag] = name_of(tag, self._home)
        return name


def name_of(tag: str, home: str = "") -> str:
    """Name a tag in lower case: `title`, `dc:date`, `media:content`, `other:thing`.

    `tag` is Clark notation, `{uri}local`. `home` is the namespace of the root element: a feed
    may have invented one for itself.
    """
    return _name_of(tag, home) if len(tag) + len(home) < _LONGEST else "other:"


@lru_cache(maxsize=2048)
def _name_of(tag: str, home: str) -> str:
    namespace, _, local = tag.rpartition("}")
    local = local.lower()
    if not namespace:  # a prefix that was never declared is still readable
        return _PLAIN_PREFIX.sub("", local)
    uri = namespace[1:].lower()
    known = (prefix for part, prefix in _PREFIXES if part in uri)
    return next(known, "" if namespace[1:] == home else "other:") + local
