"""Other projects' feed documents through our parser: `python -m bench.corpus DIR`.

DIR has one folder a set, and in each an `expected.json` that says, by file, what that project
reads: a count of items, the title of the feed, and fields of the entries, or of the first one.
A JSON line for each difference, then one with the sums. docs/feeds.md names the differences we
mean.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from news.crawl.identity import identify
from news.crawl.normalise import normalise
from news.crawl.parse import NotAFeed, parse
from news.crawl.records import ArticleRecord, Document, RawEntry
from news.dates import parse_date
from news.html import sanitise

SERVED_FROM = "http://127.0.0.1:8097/"  # the address that expectations write
SETS = ("feed-rs", "feedvalidator", "feedparser-wellformed", "gofeed", "jsonfeed")
_HIDDEN = {"script", "style"}

_Wanted = dict[str, Any]


class Found(NamedTuple):
    """What we made of a document; articles stand in its own order."""

    title: str
    articles: list[tuple[RawEntry, ArticleRecord]]


def main(folder: Path) -> int:
    sums: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for name in SETS:
        expected = orjson.loads((folder / name / "expected.json").read_bytes())
        for file, wanted in expected.items():
            _compare_document(folder / name / file, f"{name}/{file}", wanted, sums, errors)
    met, wished = sums["expectations_met"], sums["expectations"]
    share = round(100 * met / max(1, wished), 2)
    _say({**sums, "expectations_met_percent": share, "clear_errors_by_sentence": errors})
    return 0


def _compare_document(
    path: Path, name: str, wanted: _Wanted, sums: Counter[str], errors: Counter[str]
) -> None:
    sums["documents"] += 1
    try:
        found = _read(path, wanted)
    except NotAFeed as error:
        sums["clear_errors"] += 1
        errors[error.reason] += 1
        _say({"document": name, "error": error.reason})
        # Where the other project reads no feed either, there is nothing that we owe.
        sums["expectations"] += sum(1 for _ in _expectations(wanted))
        return
    sums["ingested"] += 1
    if "count" in wanted:
        sums["counts"] += 1
        sums["counts_right"] += wanted["count"] == len(found.articles)
    for index, field, value in _expectations(wanted):
        sums["expectations"] += 1
        ours = _ours(found, index, field)
        is_met = _is_met(field, value, ours)
        sums["expectations_met"] += is_met
        if not is_met:
            place = {"document": name, "entry": index, "field": field}
            _say({**place, "expected": value, "found": ours})


def _read(path: Path, wanted: _Wanted) -> Found:
    headers = {name.lower(): value for name, value in wanted.get("headers", [])}
    document = Document(
        url=SERVED_FROM,
        status=200,
        body=path.read_bytes(),
        content_type=headers.get("content-type") or wanted["content_type"],
        headers=headers,
    )
    parsed = parse(document)
    feed = identify(parsed, document.url, datetime.now(UTC))
    articles = [(entry.raw, normalise(entry)) for entry in feed.entries]
    order = {id(raw): place for place, raw in enumerate(parsed.entries)}
    return Found(feed.title, sorted(articles, key=lambda pair: order[id(pair[0])]))


def _expectations(wanted: _Wanted) -> Iterator[tuple[int, str, Any]]:
    """List what is wished of a document: (entry, field, value); -1 is the document itself."""
    for field in ("count", "feed_title"):
        if wanted.get(field) is not None:
            yield -1, field, wanted[field]
    for index, entry in enumerate(wanted.get("entries", [wanted])):
        yield from ((index, field, entry[field]) for field in FIELDS if entry.get(field))


def _ours(found: Found, index: int, field: str) -> Any:
    if field == "count":
        return len(found.articles)
    if field == "feed_title":
        return found.title
    if index >= len(found.articles):
        return None
    return FIELDS[field](*found.articles[index])


def _content(article: ArticleRecord) -> str:
    return sanitise(article.raw_content, article.content_base or article.url)


def _enclosure(part: str) -> Any:
    return lambda _, article: next((getattr(e, part) for e in article.enclosures), None)


FIELDS = {
    "title": lambda _, article: article.title,
    "author": lambda _, article: article.author,
    "url": lambda _, article: article.url,
    "image": lambda _, article: article.image_url,
    "published": lambda _, article: article.published_at,
    "body": lambda _, article: _content(article),
    "content": lambda _, article: _content(article),
    "summary": lambda _, article: article.summary,
    "links": lambda _, article: _content(article),
    "enclosures": lambda _, article: article.enclosures,
    "enclosure_url": _enclosure("url"),
    "enclosure_type": _enclosure("type"),
    "enclosure_length": _enclosure("length"),
}


def _is_met(field: str, wanted: Any, ours: Any) -> bool:
    if ours is None:
        return False
    if field in {"title", "feed_title", "author", "body", "content", "summary"}:
        return _is_same_text(field, wanted, ours)
    if field == "published":
        return bool(_moment(wanted) == ours.replace(microsecond=0))
    if field == "links":
        return set(_seen(wanted).addresses) <= set(_seen(ours).addresses)
    if field == "enclosures":
        return [part["url"] for part in wanted] == [part.url for part in ours]
    return str(wanted).rstrip("/") == str(ours).rstrip("/")


def _is_same_text(field: str, wanted: str, ours: str) -> bool:
    """Compare what is seen; expectations write text and markup alike, without saying which."""
    seen = _seen(ours).text if field in {"body", "content"} else _squeezed(ours)
    readings = (_squeezed(wanted), _seen(wanted).text)
    if field == "summary" and seen.endswith("…"):
        return any(reading.startswith(seen[:-1]) for reading in readings)
    return seen in readings


def _moment(wanted: str | list[int]) -> datetime | None:
    if isinstance(wanted, list):
        return datetime(*wanted[:6], tzinfo=UTC)  # type: ignore[misc,arg-type]
    moment = parse_date(wanted, datetime.now(UTC))
    return moment and moment.replace(microsecond=0)


class _Reader(HTMLParser):
    """What a person sees of a piece of HTML, without white space, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._texts: list[str] = []
        self._hidden = 0

    @property
    def text(self) -> str:
        return _squeezed("".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._texts.append(data)


def _seen(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(line, default=str).decode() + "\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
