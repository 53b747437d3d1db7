"""What is found: gates with what they did to the news, moments, and the answer; only data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from notifications.explaining.facts import Rule, Way, Wish


class Code(StrEnum):
    """What is found. The names are part of the API."""

    FIRST_CRAWL = auto()
    ANNOUNCED = auto()
    NO_EVENT = auto()
    BURST = auto()
    SCHEDULED = auto()
    BEING_TOLD = auto()
    RECALLED = auto()
    EXPIRED = auto()
    ACCOUNT_CLOSED = auto()
    ADDRESSED = auto()
    ADDRESSED_TO_ROLE = auto()
    ADDRESSED_TO_OTHERS = auto()
    FOLLOWED = auto()
    PAUSED = auto()
    MUTED = auto()
    MIN_PRIORITY = auto()
    FOLLOWED_LATER = auto()
    NOTHING_MATCHES = auto()
    UNSUBSCRIBED = auto()
    PRIORITY_WANTED = auto()
    PRIORITY_NOT_WANTED = auto()
    CATEGORY_WANTED = auto()
    CATEGORY_NOT_WANTED = auto()
    RULE_READ = auto()
    RULE_SILENCE = auto()
    RULE_RAISE = auto()
    RULE_LOWER = auto()
    JOINED = auto()
    TOLD_BEFORE = auto()
    DELETED = auto()
    INBOX_ONLY = auto()
    NO_CHANNEL = auto()
    CHANGED_SINCE = auto()


class Effect(StrEnum):
    """What a finding does to the news."""

    LETS = auto()  # it comes because of this, or passes here
    HOLDS = auto()  # it does not come because of this
    LIMITS = auto()  # it stays in the inbox because of this
    NOTES = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    code: Code
    effect: Effect
    wish: Wish | None = None
    rule: Rule | None = None
    at: datetime | None = None
    name: str = ""
    path: str = ""
    given: str = ""  # what the event has: its priority, its category
    wanted: tuple[str, ...] = ()  # what he wants of it
    count: int = 0
    is_of_today: bool = False  # rows do not say what it was at the time


class Step(StrEnum):
    """What happened when. The names are part of the API."""

    PUBLISHED = auto()
    SEEN = auto()
    ACCEPTED = auto()
    RELEASED = auto()
    TOLD = auto()
    TOLD_ALL = auto()
    WITHDRAWN = auto()
    ATTEMPT = auto()
    READ = auto()


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    step: Step
    name: str = ""
    way: Way | None = None
    result: str = ""
    is_ahead: bool = False


class Answer(StrEnum):
    TOLD = auto()
    NOT_TOLD = auto()
    NOT_YET = auto()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, every gate with what it did, what happened when, and the channels."""

    answer: Answer
    findings: tuple[Finding, ...]
    moments: tuple[Moment, ...]
    ways: tuple[Way, ...] = ()

    @property
    def main(self) -> Finding:
        """The first finding that decides."""
        effect = Effect.LETS if self.answer is Answer.TOLD else Effect.HOLDS
        found = (each for each in self.findings if each.effect is effect)
        return next(found, self.findings[-1])
