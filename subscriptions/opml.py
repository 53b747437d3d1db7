"""One's own subscriptions as an OPML list, out and in. Nothing is fetched meanwhile."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from news import opml
from news.models import Source, Topic
from news.opml import Outline
from news.services import known_or_new
from news.source_lists import Imported, outlines_of
from newsnotify.lib.ratelimit import Limit
from subscriptions import services
from subscriptions.models import Kind, Subscription

LIMIT = Limit("imports", 20, 3600)


def export_opml(*, user: User, now: datetime) -> bytes:
    """Write what a user follows: sources in folders by topic, then topics and queries."""
    rows = Subscription.objects.filter(user=user).order_by("pk")
    rows = rows.select_related("topic", "source__topic", "query__topic")
    outlines = sorted(map(_outline, rows), key=lambda one: (one.folder, one.text.casefold()))
    return opml.write(title=f"{user}: NewsNotify", outlines=outlines, now=now)


def import_opml(*, user: User, markup: bytes) -> Imported:
    """Follow everything that a list names; again is fine. Raises ValidationError."""
    outlines, done = outlines_of(markup), Imported()
    _follow_sources(user, [one for one in outlines if one.url], done)
    for outline in outlines:
        if not outline.url:
            _follow_other(user, outline, done)
    return done


def _outline(row: Subscription) -> Outline:
    if row.source:
        topic = row.source.topic
        return Outline(
            text=str(row.source),
            url=row.source.url,
            site_url=row.source.site_url,
            folder=topic.name if topic else "",
        )
    if row.topic:
        return Outline(text=row.topic.name, topic=row.topic.slug, folder=_("Topics"))
    scope = row.query.topic if row.query else None
    return Outline(
        text=row.query_text,
        query=row.query_text,
        topic=scope.slug if scope else "",
        folder=_("Alerts"),
    )


@transaction.atomic
def _follow_sources(user: User, outlines: Iterable[Outline], done: Imported) -> None:
    sources, _new, refused = known_or_new({one.url: one.text for one in outlines})
    for url, reason in refused.items():
        done.fail(url, reason)
    followed = set(_followed(user, sources))
    done.existing += len(followed)
    done.added += len(sources) - len(followed)
    Subscription.objects.bulk_create(
        [
            Subscription(user=user, kind=Kind.SOURCE, source_id=pk)
            for pk in sources
            if pk not in followed
        ],
        1_000,
        ignore_conflicts=True,  # somebody else may follow for him at the same time
    )


def _followed(user: User, sources: dict[int, Source]) -> Iterator[int]:
    rows = Subscription.objects.filter(user=user, kind=Kind.SOURCE)
    return (pk for pk in rows.values_list("source_id", flat=True) if pk in sources)


def _follow_other(user: User, outline: Outline, done: Imported) -> None:
    """Follow a topic or a query, which only lists of ours name."""
    topic = Topic.objects.filter(slug=outline.topic).first() if outline.topic else None
    if outline.topic and not topic:
        done.fail(outline.text, _("There is no topic '%(slug)s' here.") % {"slug": outline.topic})
        return
    try:
        _row, is_new = services.subscribe(user=user, topic=topic, query=outline.query)
    except ValidationError as error:
        done.fail(outline.query, " ".join(error.messages))
    else:
        done.added += is_new
        done.existing += not is_new
