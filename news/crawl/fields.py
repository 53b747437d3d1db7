"""Values that every feed format spells in its own way, brought to one shape."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from news.crawl.records import Enclosure

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST_TTL = timedelta(days=7)
_LONGEST_NAME = 300  # characters
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.I)
_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+\s*\(([^()]+)\)|([^<>]*[^<>\s])\s*<[^\s@<>]+@[^\s@<>]+>")


@dataclass(frozen=True, slots=True)
class Medium:
    """Something attached to an entry: an enclosure, a media:content, an attachment.

    `medium` is empty for enclosures, `thumbnail` for what only pictures something else.
    """

    url: str
    type: str = ""
    medium: str = ""
    length: str = ""

    @property
    def is_image(self) -> bool:
        """Say whether it is a picture: as declared, else by the name of the file."""
        if self.type or self.medium not in {"", "unknown"}:
            return self.medium in {"image", "thumbnail"} or self.type.lower().startswith("image/")
        return bool(_IMAGE_NAME.search(_path(self.url)))

    @property
    def is_decoration(self) -> bool:
        """Pictures of Media RSS illustrate; whatever stands in an enclosure is meant to be had."""
        return bool(self.medium) and (self.is_image or not self.type)


def to_enclosures(media: Iterable[Medium]) -> tuple[Enclosure, ...]:
    """Keep each address once, in order."""
    first: dict[str, Medium] = {}
    for medium in media:
        first.setdefault(medium.url, medium)
    return tuple(Enclosure(m.url, m.type, to_int(m.length)) for url, m in first.items() if url)


def to_image(media: Iterable[Medium]) -> str:
    """Choose the picture: whole ones before thumbnails."""
    images = sorted((m for m in media if m.is_image), key=lambda m: m.medium == "thumbnail")
    return images[0].url if images else ""


def to_int(text: str) -> int | None:
    """Read a count that fits 63 bits; None for everything else."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def to_ttl(ttl: str, period: str, frequency: str) -> timedelta | None:
    """Read RSS 2.0 ttl (minutes) and the syndication module; the longer one counts."""
    waits = []
    if minutes := to_int(ttl):
        waits.append(timedelta(minutes=min(minutes, 100_000)))
    if span := _PERIODS.get(period.strip().lower()):
        waits.append(span / max(1, to_int(frequency) or 1))
    return min(max(waits), _LONGEST_TTL) if waits else None


def to_hours(texts: Iterable[str]) -> frozenset[int]:
    """Read RSS 2.0 skipHours; 24 is midnight in older documents."""
    numbers = (to_int(text) for text in texts)
    return frozenset(number % 24 for number in numbers if number is not None and number <= 24)


def to_name(author: str) -> str:
    """Take the name out of RSS 2.0's `address (name)`, and of `name <address>`."""
    match = _MAILBOX.fullmatch(author) if "@" in author and len(author) < _LONGEST_NAME else None
    return (match[1] or match[2]).strip() if match else author


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
