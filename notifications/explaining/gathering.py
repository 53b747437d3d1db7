"""From rows to facts: a handful of queries for one person and one piece of news."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from news.crawl.decide import BURST
from news.models import Announcement, Article
from notifications.explaining.facts import (
    Address,
    Facts,
    Origin,
    Person,
    Rule,
    Telling,
    Told,
    Try,
    Wanted,
    Way,
    Wish,
)
from notifications.matches import news_of
from notifications.models import (
    Attempt,
    Channel,
    Delivery,
    Event,
    EventMatch,
    Kind,
    Notification,
    Place,
)
from notifications.rulings import matched_by, priority_by
from subscriptions.keywords import Document, explained, parse
from subscriptions.match import Reason, why
from subscriptions.models import Kind as Wished
from subscriptions.models import Preferences
from subscriptions.priorities import Priority, of_bits
from subscriptions.query_index import News

_NEEDED = ("topic", "source", "article__source", "api_key", "posted_by")


def of_notification(row: Notification, now: datetime) -> Facts:
    """Gather what is known of a notification and its way to its user."""
    return of_event(row.event, row.user, now)


def of_event(event: Event, user: User, now: datetime) -> Facts:
    """Gather what is known of an event and a person, who was told of it or not."""
    return _facts(event.pk, user, now, _origin_of(event))


def of_article(article: Article, user: User, now: datetime) -> Facts:
    """Gather what is known of an article and a person, who was told of it or not."""
    # First: what is announced becomes an event in one step, which must not be missed between.
    together = _together(article.source_id, article.first_seen_at)
    announced = Announcement.objects.filter(source=article.source_id)
    is_burst = together > BURST
    is_announced = announced.filter(article=None if is_burst else article).exists()
    origin = _origin(article, together=together, is_announced=is_announced)
    event = Event.objects.filter(article=article).first()
    if event is None and origin.is_burst:
        event = _of_burst(article)
    if event is None:
        return Facts(now=now, person=_person(user), origin=origin)
    return _facts(event.pk, user, now, origin)


def _facts(event_id: int, user: User, now: datetime, origin: Origin | None) -> Facts:
    event = Event.objects.select_related(*_NEEDED).get(pk=event_id)
    root = event.told_as_id or event.pk
    row = Notification.objects.filter(user=user, event=root).first()
    same = Event.objects.filter(Q(pk=root) | Q(told_as=root)).exclude(pk=event.pk)
    events = list(same.select_related(*_NEEDED).order_by("pk")) if row else []
    others = tuple(_telling(other, user) for other in events)
    return Facts(
        now=now,
        person=_person(user),
        telling=_telling(event, user),
        first=next((one for one in others if one.event_id == root), None),
        others=others,
        origin=origin,
        told=_told(row) if row else None,
        ways=_ways(row, now) if row else (),
    )


def _telling(event: Event, user: User) -> Telling:
    source, rules = event.source, _rules(event, user)
    priority = priority_by({rule.action for rule in rules}, event.priority)
    return Telling(
        event_id=event.pk,
        priority=priority,
        category=event.category,
        created_at=event.created_at,
        release_time=event.release_time,
        source=str(source) if source else "",
        source_path=reverse("source", args=[source.pk]) if source else "",
        expires_at=event.expires_at,
        withdrawn_at=event.withdrawn_at,
        fanned_out_at=event.fanned_out_at,
        wishes=tuple(_wish(reason) for reason in _reasons(event, user, priority)),
        rules=rules,
        address=_address(event, user),
        producer=_producer(event),
        is_inbox_only=event.kind == Kind.IN_APP,
    )


def _rules(event: Event, user: User) -> tuple[Rule, ...]:
    """List the rules that act on it: those on queries that it matched when it was told."""
    if event.is_addressed:
        return ()
    matched = EventMatch.objects.filter(event__in=matched_by(event)).values("query")
    rows = user.rules.filter(is_paused=False, query__in=matched).order_by("pk")
    return tuple(Rule(row.pk, row.action, row.query_text) for row in rows)


def _reasons(event: Event, user: User, priority: str) -> Iterable[Reason]:
    ask = partial(why, user=user, priority=priority, moment=event.release_time)
    if event.is_addressed:
        for topic_id in event.audience.get("topics", []):
            news = News(Document.of(title="", message=""), topic_id, None)
            yield from ask(news=news, noted=())
        return
    has_begun = event.fanned_out_at or event.lane_count
    noted = list(event.matches.values_list("query_id", flat=True)) if has_begun else None
    yield from ask(news=news_of(event), noted=noted)


def _address(event: Event, user: User) -> Address | None:
    if not event.is_addressed:
        return None
    if event.addressees.filter(user=user).exists():
        return Address(is_to_him=True)
    has_role = user.role in event.audience.get("roles", [])
    return Address(has_role, user.role if has_role else "")


def _producer(event: Event) -> str:
    if event.api_key:
        return event.api_key.name
    return event.posted_by.get_short_name() if event.posted_by else ""


def _wish(reason: Reason) -> Wish:
    row = reason.subscription
    return Wish(
        id=row.pk,
        kind=row.kind,
        name=row.query_text or str(row.topic or row.source),
        words=explained(parse(row.query_text), _) if row.kind == Wished.KEYWORD else "",
        created_at=row.created_at,
        hindrance=reason.hindrance,
        muted_until=row.muted_until,
        min_priority=list(Priority)[row.min_priority].value,
    )


def _person(user: User) -> Person:
    row = Preferences.objects.filter(user=user).prefetch_related("categories").first()
    row = row or Preferences(user=user)
    categories = row.categories.all() if row.has_categories else ()
    return Person(
        is_active=user.is_active,
        has_sign_in=not user.external_id,
        has_channels=Channel.objects.filter(user=user, is_ready=True).exists(),
        wanted=Wanted(
            is_subscribed=row.is_subscribed,
            priorities=tuple(of_bits(row.priorities)),
            categories=tuple(sorted(each.category for each in categories)),
        ),
    )


def _told(row: Notification) -> Told:
    return Told(
        id=row.pk,
        created_at=row.created_at,
        is_pending=row.place == Place.PENDING,
        is_deleted=row.place == Place.DELETED,
        read_at=row.read_at,
    )


def _ways(row: Notification, now: datetime) -> tuple[Way, ...]:
    log = Prefetch("log", Attempt.objects.order_by("pk"))
    rows = Delivery.objects.filter(notification=row).select_related("channel").order_by("pk")
    return tuple(_way(delivery, now) for delivery in rows.prefetch_related(log))


def _way(row: Delivery, now: datetime) -> Way:
    due_at = None if row.state == Delivery.State.SENDING else row.due_at  # that is its lease
    return Way(
        id=row.pk,
        kind=row.kind,
        channel_id=row.channel_id,
        label=(row.channel.label or row.channel.address) if row.channel else "",
        state=row.state,
        reason=row.reason,
        due_at=due_at,
        is_ahead=due_at is not None and due_at > now,
        parcel=row.parcel.partition("_")[0],
        tries=tuple(
            Try(each.at, each.result, each.status_code, each.detail, each.actor)
            for each in row.log.all()
        ),
    )


def _origin_of(event: Event) -> Origin | None:
    """Tell where an event of the crawler comes from: one article, or a burst of them."""
    if event.article:
        return _origin(event.article)
    is_posted = event.is_addressed or event.api_key_id or event.posted_by_id
    if event.source is None or is_posted:
        return None
    articles = Article.objects.filter(source=event.source, first_seen_at__lte=event.created_at)
    newest = articles.order_by("-first_seen_at", "-id").first()
    together = _together(event.source.pk, newest.first_seen_at) if newest else 0
    return _origin(newest, together=together) if newest and together > BURST else None


def _origin(article: Article, *, together: int = 1, is_announced: bool = False) -> Origin:
    source = article.source
    return Origin(
        source=str(source),
        first_seen_at=article.first_seen_at,
        # Of a burst each has a time of its own.
        published_at=article.published_at if together <= BURST else None,
        first_crawled_at=source.first_crawled_at,
        together=together,
        is_announced=is_announced,
    )


def _together(source_id: int, seen_at: datetime) -> int:
    return Article.objects.filter(source=source_id, first_seen_at=seen_at).count()


def _of_burst(article: Article) -> Event | None:
    """Find the event that told of an article with all that came with it."""
    bursts = Event.objects.filter(
        source=article.source_id, article=None, link_key=None, api_key=None, posted_by=None
    )
    return bursts.filter(created_at__gte=article.first_seen_at).order_by("pk").first()
