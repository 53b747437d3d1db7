"""What a subscription would have brought, before it is made.

The news of the last days goes through the same evaluation as what is published later: SQL would
miss what differs in case and accents. That costs some 40 µs an article, so at most the newest
20,000 are looked at, and the answer says whether that was all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from accounts.models import User
from news.discovery import canonical_url
from news.models import Article, ArticleQuerySet, Source, Topic
from news.selectors import visible_articles
from news.skim import summary_of
from newsnotify.lib.fields import digest
from newsnotify.lib.ratelimit import Limit
from subscriptions.documents import document_of
from subscriptions.keywords import Node, explained, matches
from subscriptions.nights import Night, night_of
from subscriptions.priorities import Priority
from subscriptions.services import parsed

DAYS = 7
MOST = 20_000  # articles that are looked at
SAMPLE = 10
LIMIT = Limit("previews", 30, 60)


@dataclass(frozen=True, slots=True)
class Preview:
    matches: int
    at_night: int
    night: Night
    looked_at: int
    is_complete: bool  # else there were more than are looked at
    sample: list[Article]  # the newest that match
    explained: str  # the query, in words


_PLAIN = ("pk", "source_id", "first_seen_at")


class _Row(NamedTuple):
    pk: int
    source_id: int
    first_seen_at: datetime
    title: str = ""
    summary: str = ""


def preview(
    *,
    user: User,
    now: datetime,
    topic: Topic | None = None,
    source: Source | None = None,
    url: str = "",
    query: str = "",
    min_priority: int = 0,
    **_options: Any,
) -> Preview:
    """Tell what a subscription would have brought in the last `DAYS` days.

    The arguments are those of `services.subscribe`. Nothing is fetched: a URL that nobody
    brought has no articles. Raises ValidationError with what is wrong with a query, and where.
    """
    node = parsed(query) if query else None
    source = source or _known(url)
    has_none = min_priority > Priority.MEDIUM.rank or (url and not source)  # articles are medium
    articles = Article.objects.none()
    if not has_none:
        articles = _published(user, topic, source, now - timedelta(days=DAYS))
    rows = list(_rows(articles[: MOST + 1], with_texts=node is not None))
    found = list(_matching(rows[:MOST], node))
    night = night_of(user)
    return Preview(
        matches=len(found),
        at_night=sum(night.has(row.first_seen_at) for row in found),
        night=night,
        looked_at=len(rows[:MOST]),
        is_complete=len(rows) <= MOST,
        sample=_articles(user, [row.pk for row in found[:SAMPLE]]),
        explained=explained(node, _) if node else "",
    )


def _known(url: str) -> Source | None:
    try:
        return Source.objects.filter(url_key=digest(canonical_url(url))).first() if url else None
    except ValueError:
        return None


def _published(
    user: User, topic: Topic | None, source: Source | None, since: datetime
) -> ArticleQuerySet:
    rows = visible_articles(user).prefetch_related(None).filter(first_seen_at__gt=since)
    if topic:
        rows = rows.filter(source__in=list(topic.sources.values_list("pk", flat=True)))
    if source:
        rows = rows.filter(source=source)
    return rows


def _rows(articles: ArticleQuerySet, *, with_texts: bool) -> Iterator[_Row]:
    """Read what is looked at, and no text that nothing is looked for in."""
    if not with_texts:
        yield from (_Row(*row) for row in articles.values_list(*_PLAIN))
        return
    rows = articles.with_heads().values_list(*_PLAIN, "title", "own_summary", "head")
    for pk, source_id, seen_at, title, summary, head in rows.iterator(chunk_size=500):
        yield _Row(pk, source_id, seen_at, title, summary_of(summary, head))


def _matching(rows: list[_Row], node: Node | None) -> Iterator[_Row]:
    if node is None:
        yield from rows
        return
    program = node.program
    sources = Source.objects.select_related("topic").in_bulk({row.source_id for row in rows})
    for row in rows:
        source = sources[row.source_id]
        document = document_of(
            title=row.title, message=row.summary, topic=source.topic, source=source
        )
        if matches(program, document):
            yield row


def _articles(user: User, ids: list[int]) -> list[Article]:
    return list(visible_articles(user).without_contents().filter(pk__in=ids))
