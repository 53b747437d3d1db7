"""What is known of one person and one piece of news; no Django in here."""

from dataclasses import dataclass
from datetime import datetime

from news.crawl.decide import BURST


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription that the news matches, and what of it keeps the news back, if anything."""

    id: int
    kind: str  # topic, source or keyword
    name: str  # of the topic or the source; a query as he wrote it
    created_at: datetime
    words: str = ""  # what a query asks for, in plain ones
    hindrance: str = ""  # paused, muted, min_priority
    muted_until: datetime | None = None
    min_priority: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A person's rule whose query the news matches: read, silence, raise or lower."""

    id: int
    action: str
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """What an event that names its audience has to do with a person."""

    is_to_him: bool = False  # by name or by role: preferences do not keep it out of the inbox
    role: str = ""  # his, when he is not named


@dataclass(frozen=True, slots=True)
class Telling:
    """An event, and what of a person's wishes it matches."""

    event_id: int
    priority: str  # that it has for this person
    category: str
    created_at: datetime
    release_time: datetime
    source: str = ""
    source_path: str = ""
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    fanned_out_at: datetime | None = None
    wishes: tuple[Wish, ...] = ()
    rules: tuple[Rule, ...] = ()  # those that are not paused
    address: Address | None = None
    producer: str = ""
    is_inbox_only: bool = False

    @property
    def is_addressed(self) -> bool:
        return self.address is not None

    @property
    def is_to_him(self) -> bool:
        return self.address is not None and self.address.is_to_him

    @property
    def role(self) -> str:
        return self.address.role if self.address else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person's preferences say today. Empty priorities or categories are all."""

    is_subscribed: bool = True
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    is_active: bool = True
    has_sign_in: bool = True
    has_channels: bool = False  # verified and switched on
    wanted: Wanted = Wanted()


@dataclass(frozen=True, slots=True)
class Origin:
    """An article, and how the crawl went that brought it."""

    source: str
    first_seen_at: datetime
    published_at: datetime | None = None
    first_crawled_at: datetime | None = None  # of its source
    together: int = 1  # articles that came at once, with this one
    is_announced: bool = False  # and waits to become an event

    @property
    def is_quiet(self) -> bool:
        """Whether a crawl brought it that tells nobody: the first, or the first after a pause."""
        return self.first_crawled_at is None or self.first_seen_at <= self.first_crawled_at

    @property
    def is_burst(self) -> bool:
        return self.together > BURST and not self.is_quiet


@dataclass(frozen=True, slots=True)
class Told:
    """His notification."""

    id: int
    created_at: datetime
    is_pending: bool = False
    is_deleted: bool = False
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One entry of a delivery's log."""

    at: datetime
    result: str
    status_code: int | None
    detail: str
    actor: str


@dataclass(frozen=True, slots=True)
class Way:
    """A delivery: one channel, and what became of the notification there."""

    id: int
    kind: str
    channel_id: int | None
    label: str  # what its owner calls it, else its address as far as it is shown
    state: str
    reason: str
    due_at: datetime | None
    is_ahead: bool = False  # something is to be done, and not yet
    parcel: str = ""  # digest or bundle, if it goes with others
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known. `telling` is what was asked about; `others` tell the same link."""

    now: datetime
    person: Person
    telling: Telling | None = None
    first: Telling | None = None  # that told the link before, which `telling` joined
    others: tuple[Telling, ...] = ()
    origin: Origin | None = None
    told: Told | None = None
    ways: tuple[Way, ...] = ()
