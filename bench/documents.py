"""Feeds as they are met: three formats, 20 to 60 entries with markup in them, 80 kB on average.

No JSON Feed is among them: newsboat and sfeed read none, and all crawl the same feeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

NEWEST = datetime(2025, 6, 1, 12, tzinfo=UTC)
WORDS = [
    "the", "of", "to", "and", "in", "said", "that", "for", "on", "was", "is", "with", "as",
    "it", "at", "by", "from", "have", "has", "not", "be", "will", "after", "government",
    "minister", "market", "police", "people", "year", "new", "world", "two", "first", "last",
    "could", "over", "more",
]  # fmt: skip
# Of markup, on average, which makes entries of 2,000 bytes at the median. The 26 real feeds among
# the fixtures of github.com/feed-rs/feed-rs have entries of 1,660 bytes at the median and of
# 2,510 on average, since a few carry whole articles.
ENTRY_BYTES = 1_500


@dataclass(frozen=True, slots=True)
class Entry:
    number: int  # 0 is the newest of the first version, later ones have negative numbers
    site: str
    title: str
    html: str

    @property
    def url(self) -> str:
        return f"{self.site}/articles/{1000 - self.number}"

    @property
    def time(self) -> datetime:
        return NEWEST - timedelta(minutes=37 * self.number)


def document(number: int, version: int = 1) -> tuple[str, bytes]:
    """Write the feed with this number, always the same. Returns its media type and its text.

    Each version has one entry more on top than the last one, for which the oldest has gone.
    """
    site = f"https://publisher{number}.example"
    entries = list(_entries(number, site))
    added = [_entry(_chance(f"{number}/{n}"), -n, site) for n in range(version - 1, 0, -1)]
    kind, write = FORMATS[number % len(FORMATS)]
    return kind, write(site, [*added, *entries][: len(entries)])


def entry_count(number: int) -> int:
    """Tell how many entries each version of a feed has."""
    return _chance(number).randint(20, 60)


def _chance(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 - the same every time


def _entries(number: int, site: str) -> Iterator[Entry]:
    chance = _chance(number)
    for age in range(chance.randint(20, 60)):
        yield _entry(chance, age, site)


def _entry(chance: Random, number: int, site: str) -> Entry:
    title = " ".join(chance.choices(WORDS, k=9)).capitalize()
    return Entry(number, site, title, "".join(_paragraphs(chance, number)))


def _paragraphs(chance: Random, number: int) -> Iterator[str]:
    left = chance.randint(ENTRY_BYTES // 2, ENTRY_BYTES * 3 // 2)
    yield f'<p><img src="/images/{number}.jpg" alt="" width="640"> '
    while left > 0:
        text = " ".join(chance.choices(WORDS, k=40))
        part = (
            f'<p class="text">{text} <a href="/tag/{chance.choice(WORDS)}">more</a> &amp; so on</p>'
        )
        left -= len(part)
        yield part


def _rss(site: str, entries: list[Entry]) -> bytes:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{entry.url}</link>"
        f"<guid>{entry.url}</guid><pubDate>{format_datetime(entry.time)}</pubDate>"
        f"<description><![CDATA[{entry.html}]]></description></item>\n"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>{site}</title>'
        f"<link>{site}/</link><description>News</description>{items}</channel></rss>"
    ).encode()


def _atom(site: str, entries: list[Entry]) -> bytes:
    items = "".join(
        f'<entry><title>{escape(entry.title)}</title><link href="{entry.url}"/><id>{entry.url}</id>'
        f"<updated>{entry.time.isoformat()}</updated>"
        f'<content type="html">{escape(entry.html)}</content></entry>\n'
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{site}</title><id>{site}/</id><updated>{entries[0].time.isoformat()}</updated>"
        f'<link href="{site}/"/>{items}</feed>'
    ).encode()


def _rdf(site: str, entries: list[Entry]) -> bytes:
    items = "".join(
        f'<item rdf:about="{entry.url}"><title>{escape(entry.title)}</title>'
        f"<link>{entry.url}</link><dc:date>{entry.time.isoformat()}</dc:date>"
        f"<description>{escape(entry.html)}</description></item>\n"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{site}/"><title>{site}</title><link>{site}/</link>'
        f"<description>News</description></channel>{items}</rdf:RDF>"
    ).encode()


FORMATS = (  # of twenty, about as often as they are met
    *[("application/rss+xml", _rss)] * 14,
    *[("application/atom+xml", _atom)] * 5,
    ("application/rdf+xml", _rdf),
)
