"""Feeds as they are met: four formats, 20 to 60 entries with markup in them, 82 kB on average."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

import orjson

NEWEST = datetime(2025, 6, 1, 12, tzinfo=UTC)
WORDS = [
    "the", "of", "to", "and", "in", "said", "that", "for", "on", "was", "is", "with", "as",
    "it", "at", "by", "from", "have", "has", "not", "be", "will", "after", "government",
    "minister", "market", "police", "people", "year", "new", "world", "two", "first", "last",
    "could", "over", "more",
]  # fmt: skip
ENTRY_BYTES = 1_500  # of markup, on average


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    site: str
    title: str
    html: str

    @property
    def url(self) -> str:
        return f"{self.site}/articles/{self.number}"

    @property
    def time(self) -> datetime:
        return NEWEST - timedelta(minutes=37 * self.number)


def document(number: int) -> tuple[str, bytes]:
    """Write the feed with this number, always the same. Returns its media type and its text."""
    chance = random.Random(number)  # noqa: S311 - the same every time
    site = f"https://publisher{number}.example"
    entries = list(_entries(chance, site))
    kind, write = FORMATS[number % len(FORMATS)]
    return kind, write(site, entries)


def _entries(chance: random.Random, site: str) -> Iterator[Entry]:
    for number in range(chance.randint(20, 60)):
        title = " ".join(chance.choices(WORDS, k=9)).capitalize()
        yield Entry(number, site, title, "".join(_paragraphs(chance, number)))


def _paragraphs(chance: random.Random, number: int) -> Iterator[str]:
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
        f"<title>{site}</title><id>{site}/</id><updated>{NEWEST.isoformat()}</updated>"
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


def _json(site: str, entries: list[Entry]) -> bytes:
    items = [
        {
            "id": entry.url,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": entry.time.isoformat(),
        }
        for entry in entries
    ]
    version = "https://jsonfeed.org/version/1.1"
    return orjson.dumps({"version": version, "title": site, "home_page_url": site, "items": items})


FORMATS = (  # of twenty, about as often as they are met
    *[("application/rss+xml", _rss)] * 13,
    *[("application/atom+xml", _atom)] * 5,
    ("application/rdf+xml", _rdf),
    ("application/feed+json", _json),
)
