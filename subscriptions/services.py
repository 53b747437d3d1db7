"""Verbs over subscriptions; each is fine to repeat."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from news.models import Source, Topic
from news.services import add_source
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.saying import said
from subscriptions import queries
from subscriptions.keywords import Node, QueryError, parse
from subscriptions.models import Kind, Subscription

Wish = Mapping[str, Any]  # topic, source, url or query; min_priority, muted_until, is_paused


def subscribe(
    *,
    user: User,
    topic: Topic | None = None,
    source: Source | None = None,
    url: str = "",
    query: str = "",
    channels: Collection[Any] = (),
    **options: Any,
) -> tuple[Subscription, bool]:
    """Follow what is named: a topic, a source, a source by its URL, or what a query finds.

    With a query, topic and source say where it looks. `options` are `min_priority`,
    `muted_until` and `is_paused`; a subscription that is there keeps its own, its channels too.
    """
    if query:
        row, is_new = follow_query(user=user, query=query, topic=topic, source=source, **options)
    elif topic:
        row, is_new = follow_topic(user=user, topic=topic, **options)
    elif source:
        row, is_new = follow_source(user=user, source=source, **options)
    else:
        row, is_new = follow_url(user=user, url=url, **options)
    if is_new and channels:
        row.channels.set(channels)
    return row, is_new


def follow_topic(*, user: User, topic: Topic, **options: Any) -> tuple[Subscription, bool]:
    """Follow a topic. Returns the subscription and whether it is new."""
    defaults = {"kind": Kind.TOPIC, **options}
    return Subscription.objects.get_or_create(user=user, topic=topic, defaults=defaults)


def follow_source(*, user: User, source: Source, **options: Any) -> tuple[Subscription, bool]:
    """Follow a source. Returns the subscription and whether it is new."""
    defaults = {"kind": Kind.SOURCE, **options}
    return Subscription.objects.get_or_create(user=user, source=source, defaults=defaults)


def follow_url(*, user: User, url: str, **options: Any) -> tuple[Subscription, bool]:
    """Follow the source at a URL, which is fetched and added when nobody brought it before.

    Raises ValidationError on `url` when there is no feed to be had.
    """
    source, _ = add_source(url=url, is_brought=True)
    return follow_source(user=user, source=source, **options)


@transaction.atomic
def follow_query(
    *,
    user: User,
    query: str,
    topic: Topic | None = None,
    source: Source | None = None,
    **options: Any,
) -> tuple[Subscription, bool]:
    """Follow what a query finds, in a topic or a source if one is named.

    Raises ValidationError with what is wrong with the query, and where.
    """
    row = queries.shared(node=parsed(query), topic=topic, source=source)
    defaults = {"kind": Kind.KEYWORD, "query_text": query, **options}
    return Subscription.objects.get_or_create(user=user, query=row, defaults=defaults)


def parsed(query: str) -> Node:
    """Read a query. Raises ValidationError with what is wrong, and where."""
    try:
        return parse(query)
    except QueryError as error:
        values = {"n": error.position + 1, "message": said(error.message)}
        raise ValidationError(_("At character %(n)s: %(message)s") % values) from error


@transaction.atomic
def change(*, subscription: Subscription, changes: Wish) -> Subscription:
    """Change how a subscription is told, or what its query is.

    Raises ValidationError on `query` when it cannot be read or is followed already.
    """
    changes = dict(changes)
    text, former = changes.pop("query", None), subscription.query
    if (channels := changes.pop("channels", None)) is not None:
        subscription.channels.set(channels)
    for name, value in changes.items():
        setattr(subscription, name, value)
    if text is not None:
        _ask_for(subscription, text)
    subscription.save()
    if former and former != subscription.query:
        queries.remove_unused([former.pk])
    return subscription


def unfollow_topic(*, user: User, topic: Topic) -> None:
    Subscription.objects.filter(user=user, topic=topic).delete()


def unfollow_source(*, user: User, source: Source) -> None:
    Subscription.objects.filter(user=user, source=source).delete()


@transaction.atomic
def unfollow(*, user: User, ids: Collection[int]) -> int:
    """End subscriptions of a user. Returns how many there were."""
    rows = Subscription.objects.filter(user=user, pk__in=ids)
    asked = list(rows.filter(kind=Kind.KEYWORD).values_list("query_id", flat=True))
    _, ended = rows.delete()
    queries.remove_unused([pk for pk in asked if pk])
    return ended.get(Subscription._meta.label, 0)


def rearrange(
    *, user: User, follow: Collection[Wish], unfollow_ids: Collection[int]
) -> tuple[list[tuple[Subscription, bool]], int]:
    """Follow and unfollow much at once, all or nothing; nothing is fetched, so no URLs.

    Returns the subscriptions, each with whether it is new, and how many ended.
    """

    @transaction.atomic
    def rearranged() -> tuple[list[tuple[Subscription, bool]], int]:
        ended = unfollow(user=user, ids=unfollow_ids)
        return [subscribe(user=user, **wish) for wish in follow], ended

    return repeated(rearranged)  # others may do the same in another order


def _ask_for(subscription: Subscription, text: str) -> None:
    scope = subscription.query
    if scope is None:
        raise ValidationError({"query": [_("Only a subscription of kind keyword has a query.")]})
    row = queries.shared(node=parsed(text), topic=scope.topic, source=scope.source)
    others = Subscription.objects.filter(user=subscription.user, query=row)
    if others.exclude(pk=subscription.pk).exists():
        raise ValidationError({"query": [_("You follow this query already.")]})
    subscription.query, subscription.query_text = row, text
