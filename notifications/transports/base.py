"""What a transport is: one kind of channel, spoken.

A transport cleans the address that people give, and carries a parcel there. It knows HTTP, SMTP
or an SMS service, and nothing of rows; what came of it goes back as an `Outcome`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class Size(StrEnum):
    """How many notifications one parcel tells, and why together."""

    ONE = "one"
    BUNDLE = "bundle"
    DIGEST = "digest"


class Result(StrEnum):
    SENT = "sent"  # taken by who carries it on
    DELIVERED = "delivered"  # it has arrived
    RETRY = "retry"  # not now
    FAILED = "failed"  # not ever: what is wrong is the message
    GONE = "gone"  # not ever: there is nobody at this address


@dataclass(frozen=True, slots=True)
class Item:
    """One notification as it is told."""

    notification_id: int
    event_id: int
    title: str
    message: str
    url: str  # where its news is, absolute; may be empty
    link: str  # to the notification in the app
    topic: str
    source_title: str
    category: str
    priority: str
    created_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Links:
    """Links of a parcel into the app."""

    inbox: str
    settings: str
    unsubscribe: str = ""  # acts on POST alone (RFC 8058)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one attempt carries."""

    id: str  # the same on every repetition: webhook-id, Message-ID
    size: Size
    items: tuple[Item, ...]
    language: str
    timezone: str
    user_id: int
    channel_id: int
    address: Mapping[str, Any]  # `address` as people are shown it, and what was sealed
    links: Links
    attempt: int = 1
    sent_at: datetime | None = None  # of this attempt


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt; `detail` is a short sentence for people, without secrets."""

    result: Result
    status_code: int | None = None
    detail: str = ""
    retry_after: int | None = None  # seconds, as the other side asked
    is_provider: bool = False  # what failed is who carries it, not this message


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel leads, as it is stored."""

    shown: str  # what people and logs may see, up to 320 characters
    provider: str  # who carries it: failures of one are no reason to wait with others
    sealed: Mapping[str, Any] = field(default_factory=dict)  # encrypted at rest
    once: Mapping[str, str] = field(default_factory=dict)  # shown in the answer that made it


class Transport(ABC):
    """One kind of channel. Instances hold no state of a delivery."""

    kind: ClassVar[str]
    pauses: ClassVar[tuple[int, ...]]  # seconds before each attempt
    # What to do when a worker died and nobody knows whether it was sent: again under the same
    # id, where whoever gets it can tell; else it is held for somebody to decide.
    repeats_unknown: ClassVar[bool]
    is_for_people: ClassVar[bool] = True  # who need not be told what they have read
    bounces: ClassVar[bool] = False  # as mail does that is sent to nobody
    needs_proof: ClassVar[bool] = False  # a code has to be sent back before anything else goes
    at_once: ClassVar[int] = 8  # attempts in flight to one provider, by one process
    seconds: ClassVar[float] = 30.0  # after which an attempt is given up

    @property
    def is_offered(self) -> bool:
        """Whether this server can speak it, as it is configured."""
        return True

    @abstractmethod
    def clean(self, given: Mapping[str, Any]) -> Address:
        """Check what people give for an address. Raises ValidationError by field."""

    @abstractmethod
    async def send(self, parcel: Parcel) -> Outcome:
        """Carry a parcel once, within bounds of its own; blocking libraries go to a thread.

        Whatever the other side does is an Outcome; an exception is a fault of ours.
        """

    def shown(self, address: Mapping[str, Any]) -> dict[str, Any]:
        """Show its owner where a channel leads, by the names that `clean` takes."""
        return {"address": address["address"]}
