"""Write articles: insert the new, update the edited and keep what they said before."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from news import article_cache
from news.crawl.records import ArticleRecord, Plan
from news.models import Article, Revision, Source

BATCH = 100  # rows an insert, so that no packet grows over a server's limit
KEPT_REVISIONS = 20  # of an article


def write(source: Source, plan: Plan, now: datetime) -> None:
    """Insert what is new in a plan, update what changed."""
    rows = [_article(source, record, now) for record in plan.new]
    Article.objects.bulk_create(rows, batch_size=BATCH)
    _update(dict(plan.changed), now)
    if plan.new or plan.changed:
        article_cache.outdate()


def _article(source: Source, record: ArticleRecord, now: datetime) -> Article:
    return Article(source=source, first_seen_at=now, **_columns(record, now))


def _columns(record: ArticleRecord, now: datetime) -> dict[str, Any]:
    return {
        "identity": record.identity,
        "link_key": record.link_key,
        "content_key": record.content_key,
        "title": record.title,
        "url": record.url,
        "summary": record.summary,
        "content": record.content,
        "author": record.author,
        "image_url": record.image_url,
        "enclosures": [asdict(enclosure) for enclosure in record.enclosures],
        "categories": record.categories,
        "comments_url": record.comments_url,
        "published_at": record.published_at,
        "dated_at": record.published_at or now,
        "updated_at": now,
    }


def _update(changed: Mapping[int, ArticleRecord], now: datetime) -> None:
    for article in Article.objects.filter(pk__in=changed.keys()):
        record = changed[article.pk]
        columns = _columns(record, now)
        columns["dated_at"] = columns["published_at"] or article.first_seen_at
        if _says(article) != _says(record):
            _keep_revision(article, now)
        Article.objects.filter(pk=article.pk).update(**columns)


def _says(version: Article | ArticleRecord) -> tuple[str, str, str]:
    return version.title, version.summary, version.content


def _keep_revision(article: Article, now: datetime) -> None:
    title, summary, content = _says(article)
    Revision.objects.create(
        article=article,
        title=title,
        summary=summary,
        content=content,
        written_at=article.updated_at,
        replaced_at=now,
    )
    kept = article.revisions.order_by("-id").values_list("id", flat=True)[:KEPT_REVISIONS]
    article.revisions.exclude(pk__in=list(kept)).delete()
