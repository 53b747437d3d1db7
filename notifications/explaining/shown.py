"""An explanation as the API shows it and as pages do: said in the active language."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from news.models import Article
from notifications.explaining import channel_words, gathering, timeline_words, words
from notifications.explaining.facts import Facts, Way
from notifications.explaining.findings import Explanation, Finding, Moment
from notifications.explaining.judging import explain
from notifications.explaining.words import Said
from notifications.models import Event, Notification


@dataclass(frozen=True, slots=True)
class ShownFinding:
    code: str
    effect: str
    text: str
    remedy: str
    path: str
    subscription: int | None
    rule: int | None
    at: datetime | None
    as_of: str


@dataclass(frozen=True, slots=True)
class ShownMoment:
    at: datetime
    step: str
    text: str
    delivery: int | None
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    at: datetime
    result: str
    text: str
    status_code: int | None
    detail: str
    actor: str


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    id: int
    channel: int | None
    kind: str
    kind_name: str
    channel_name: str
    state: str
    reason: str
    due_at: datetime | None
    text: str
    remedy: str
    path: str
    attempts: list[ShownAttempt]


@dataclass(frozen=True, slots=True)
class Shown:
    """Why somebody was told, or was not."""

    answer: str
    text: str
    because: ShownFinding
    user_id: int
    event_id: int | None
    notification_id: int | None
    findings: list[ShownFinding]
    timeline: list[ShownMoment]
    deliveries: list[ShownDelivery]
    note: str

    @property
    def is_told(self) -> bool:
        return self.answer == "told"


def of_notification(row: Notification, now: datetime, *, is_discreet: bool = False) -> Shown:
    return _shown(row.user, gathering.of_notification(row, now), is_discreet=is_discreet)


def of_event(event: Event, user: User, now: datetime, *, is_discreet: bool = False) -> Shown:
    return _shown(user, gathering.of_event(event, user, now), is_discreet=is_discreet)


def of_article(article: Article, user: User, now: datetime) -> Shown:
    return _shown(user, gathering.of_article(article, user, now), is_discreet=False)


def _shown(user: User, facts: Facts, *, is_discreet: bool) -> Shown:
    found = explain(facts)
    main = _finding(found.main, is_discreet=is_discreet)
    return Shown(
        answer=found.answer.value,
        text=words.answer(found),
        because=main,
        user_id=user.pk,
        event_id=facts.telling.event_id if facts.telling else None,
        notification_id=facts.told.id if facts.told else None,
        findings=[_finding(each, is_discreet=is_discreet) for each in found.findings],
        timeline=[_moment(each) for each in found.moments],
        deliveries=[_delivery(way, is_discreet=is_discreet) for way in found.ways],
        note=_note(found),
    )


def _note(found: Explanation) -> str:
    return words.of_today() if any(each.is_of_today for each in found.findings) else ""


def _finding(each: Finding, *, is_discreet: bool) -> ShownFinding:
    said = words.finding(each, is_discreet=is_discreet)
    return ShownFinding(
        code=each.code.value,
        effect=each.effect.value,
        text=said.text,
        remedy=said.remedy,
        path=said.path,
        subscription=each.wish.id if each.wish else None,
        rule=each.rule.id if each.rule else None,
        at=each.at,
        as_of="today" if each.is_of_today else "then",
    )


def _moment(each: Moment) -> ShownMoment:
    return ShownMoment(
        at=each.at,
        step=each.step.value,
        text=timeline_words.moment(each),
        delivery=each.way.id if each.way else None,
        is_ahead=each.is_ahead,
    )


def _delivery(way: Way, *, is_discreet: bool) -> ShownDelivery:
    said: Said = channel_words.state(way)
    return ShownDelivery(
        id=way.id,
        channel=way.channel_id,
        kind=way.kind,
        kind_name=channel_words.kind(way.kind),
        channel_name="" if is_discreet else way.label,
        state=way.state,
        reason=way.reason,
        due_at=way.due_at,
        text=said.text,
        remedy=said.remedy,
        path=said.path,
        attempts=[
            ShownAttempt(
                at=each.at,
                result=each.result,
                status_code=each.status_code,
                detail=channel_words.reason(each.detail),
                actor=each.actor,
                text=channel_words.outcome(each.result),
            )
            for each in way.tries
        ],
    )
