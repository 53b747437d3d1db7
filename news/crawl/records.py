"""What travels between the crawl stages: plain frozen data, no behaviour worth a test.

    Request ─ fetch → Document | NotModified | Failure
    Document ─ parse → ParsedFeed of RawEntry ─ identify → KeyedFeed of KeyedEntry
    entries that the last document had not, or had otherwise ─ normalise → Reading of ArticleRecord
    Reading + KnownArticle + SourceState ─ decide → Plan ─ store → rows

Only what the last document had not is normalised, and no content is cleaned before it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from news.skim import summary_of


class _Travels:
    """Pickled as its class and its fields, in a fifth of the time that slots take otherwise."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Any], tuple[Any, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


class Request(NamedTuple):
    """One conditional GET. Validators are sent back byte for byte as they came."""

    url: str
    etag: str = ""
    last_modified: str = ""
    subscriber_count: int = 0


@dataclass(frozen=True, slots=True)
class Document(_Travels):
    """A body that arrived. `url` is the final address, after redirects."""

    url: str
    status: int
    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""  # the target, when every redirect on the way was permanent (301, 308)
    duration_ms: int = 0
    let_go: int = 0  # bytes of a body that is no longer here

    @property
    def size(self) -> int:
        return self.let_go or len(self.body)

    def without_body(self) -> "Document":
        """Let the body go, once it is read: many wait to be stored."""
        return replace(self, body=b"", let_go=self.size)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304; validators are those of this answer, else those that were sent."""

    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    duration_ms: int = 0
    moved_to: str = ""  # as in Document


class FailureKind(StrEnum):
    """Whose fault it is decides how long we wait."""

    NETWORK = "network"  # DNS, connect, TLS, reset, timeout
    REFUSED = "refused"  # our own outbound policy
    HTTP = "http"  # a status that is neither 2xx nor 304
    GONE = "gone"  # 410
    BUSY = "busy"  # 429, or 503 with Retry-After: not a failure of the source
    TOO_LARGE = "too_large"
    NOT_A_FEED = "not_a_feed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing usable came; `reason` is a sentence for people, without secrets."""

    kind: FailureKind
    reason: str
    status: int | None = None
    retry_after: timedelta | None = None
    duration_ms: int = 0
    is_unreached: bool = False  # DNS, connect or TLS failed: it may be our own network


class Enclosure(NamedTuple):
    url: str
    type: str = ""
    length: int | None = None  # bytes


class RawEntry(NamedTuple):
    """One entry as the feed has it: text may be markup, links may be relative, dates are text."""

    guid: str = ""
    link: str = ""
    base: str = ""  # xml:base in force at the entry, possibly relative
    title: str = ""
    title_is_html: bool = True
    summary: str = ""
    content: str = ""
    author: str = ""
    published: str = ""
    updated: str = ""
    image_url: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    categories: tuple[str, ...] = ()
    comments_url: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document after parsing, before any cleaning."""

    title: str = ""
    site_url: str = ""
    base: str = ""
    entries: tuple[RawEntry, ...] = ()
    ttl: timedelta | None = None  # the longest wait that ttl or sy: asks for
    skip_hours: frozenset[int] = frozenset()  # hours of the day, UTC, to stay away in
    hub_url: str = ""  # WebSub, as the document names it
    self_url: str = ""


class KeyedEntry(NamedTuple):
    """An entry with what makes it this article and no other; still uncleaned."""

    identity: bytes  # SHA-256 of guid, else link, else link+title, else title+content
    link_key: bytes | None  # SHA-256 of the normalised link
    url: str  # absolute http(s), "" when there is none
    base: str  # absolute: what relative links inside the entry are resolved against
    published_at: datetime | None  # None when absent, unreadable, before 1990 or in the future
    raw: RawEntry
    content_key: bytes = b""  # SHA-256 of what a reader reads, b"" while nothing asks for it


@dataclass(frozen=True, slots=True)
class KeyedFeed:
    """A feed document, ready to be compared with what is stored."""

    title: str  # plain text
    site_url: str  # absolute http(s) or ""
    entries: tuple[KeyedEntry, ...]  # oldest first, no identity twice, at most 1,000
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    hub_url: str = ""  # absolute http(s) or ""
    self_url: str = ""


class ArticleRecord(NamedTuple):
    """One article: title and summary are plain text, addresses absolute, the content is raw."""

    identity: bytes
    link_key: bytes | None
    title: str
    url: str
    own_summary: str | None  # at most 500 characters; None is how the content begins
    raw_content: str  # HTML as published, hostile or not
    content_base: str  # what relative links in it are resolved against, "" for `url`
    author: str
    published_at: datetime | None
    image_url: str
    enclosures: tuple[Enclosure, ...] = ()
    categories: tuple[str, ...] = ()
    comments_url: str = ""
    is_edit: bool = False  # the last document had it, written otherwise

    @property
    def summary(self) -> str:
        return summary_of(self.own_summary, self.raw_content)


@dataclass(frozen=True, slots=True)
class Reading(_Travels):
    """What a document has to tell: its head, and what the one before it had not."""

    title: str  # plain text
    site_url: str  # absolute http(s) or ""
    records: tuple[ArticleRecord, ...]  # new or edited since the last document, oldest first
    memory: bytes  # of all its entries, see memory.py
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "records", tuple(map(ArticleRecord._make, self.records)))

    def __reduce__(self) -> tuple[type[Any], tuple[Any, ...]]:
        """Pickle the records as plain tuples, which takes 0.6 of the time on either side."""
        rows = tuple(map(tuple, self.records))
        return Reading, (self.title, self.site_url, rows, self.memory, self.ttl, self.skip_hours)


class SourceState(NamedTuple):
    """What decide and schedule have to know of the source as stored."""

    is_first_crawl: bool
    failure_count: int = 0
    gone_at: datetime | None = None  # when the first 410 was seen
    interval: timedelta | None = None  # fixed by an editor; None = adaptive
    rhythm: timedelta | None = None  # the median gap between its latest articles
    newest_at: datetime | None = None  # when its latest article was published or seen
    min_interval: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """A stored article that shares identity or link with one in the document."""

    id: int
    identity: bytes
    link_key: bytes | None
    content_key: bytes  # SHA-256 of what a reader reads but the summary
    own_summary: str | None
    head: str  # of the content

    @property
    def summary(self) -> str:
        return summary_of(self.own_summary, self.head)


@dataclass(frozen=True, slots=True)
class Plan:
    """What store has to do with a document: insert, update, announce."""

    new: tuple[ArticleRecord, ...] = ()  # in the order to insert: oldest first
    changed: tuple[tuple[int, ArticleRecord], ...] = ()  # (article id, what it becomes)
    announce: bool = False  # tell people of what is new
    as_summary: bool = False  # … in one notification, because there is a burst of it
