"""What was published: topics, sources, articles, and the crawls that brought them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Case, F, Value, When, Window
from django.db.models.functions import RowNumber, Substr
from django.utils import timezone

from news.html import sanitise
from news.skim import HEAD_LENGTH, SUMMARY_LENGTH, summary_of
from newsnotify.lib.fields import DigestField, digest

PER_HOST = 2  # requests in flight to one host


class Topic(models.Model):
    """The subject of news that people follow."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, now: datetime) -> SourceQuerySet:
        """Those to crawl now that nobody else is crawling."""
        return self.filter(is_paused=False, is_gone=False, next_fetch_at__lte=now).unleased(now)

    def unleased(self, now: datetime) -> SourceQuerySet:
        """Those nobody is crawling."""
        return self.exclude(leased_until__gt=now)

    def with_status(self, status: str) -> SourceQuerySet:
        """Those whose `status` property says so."""
        if status == "paused":
            return self.filter(is_paused=True)
        rows = self.filter(is_paused=False)
        if status == "gone":
            return rows.filter(is_gone=True)
        if status == "failing":
            return rows.filter(is_gone=False, failure_count__gt=0)
        return rows.filter(is_gone=False, failure_count=0, first_crawled_at__isnull=status == "new")

    def first_of_each_host(self, limit: int = PER_HOST) -> SourceQuerySet:
        """At most `limit` a host, so that no host keeps the others waiting."""
        rank = Window(RowNumber(), partition_by=F("host"), order_by=["next_fetch_at", "id"])
        return self.annotate(rank=rank).filter(rank__lte=limit)


class Source(models.Model):
    """A place that publishes news, one row per canonical feed URL, shared by all users."""

    url = models.CharField(max_length=2000)
    url_key = DigestField(unique=True, editable=False)
    host = models.CharField(max_length=255, editable=False)
    site_url = models.CharField(max_length=2000, blank=True)
    title = models.CharField(max_length=300, blank=True)
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, null=True, blank=True, related_name="sources"
    )
    is_brought = models.BooleanField(
        default=False, help_text="A reader brought it by its URL, which may hold a secret."
    )
    is_paused = models.BooleanField(default=False)
    interval_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Fixed polling interval; empty means adaptive."
    )
    article_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # What the last answer said; sent back byte for byte.
    etag = models.CharField(max_length=512, blank=True, editable=False)
    last_modified = models.CharField(max_length=512, blank=True, editable=False)
    body_key = DigestField(null=True, editable=False)
    # Which entries the last document had, and how they read: see crawl.memory.
    memory = models.BinaryField(default=b"", editable=False)
    rhythm_seconds = models.PositiveIntegerField(null=True, editable=False)  # usual gap of articles
    newest_at = models.DateTimeField(null=True, editable=False)  # published, or first seen
    document_at = models.DateTimeField(null=True, editable=False)  # when one last came whole
    # Where every answer since then has redirected for good; adopted when that does not change.
    moved_to = models.CharField(max_length=2000, blank=True, editable=False)
    moved_at = models.DateTimeField(null=True, editable=False)

    first_crawled_at = models.DateTimeField(null=True, editable=False)
    last_fetched_at = models.DateTimeField(null=True, editable=False)
    next_fetch_at = models.DateTimeField(default=timezone.now, db_index=True)
    failure_count = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)  # when the first 410 came
    deferred_until = models.DateTimeField(null=True, editable=False)  # what the host asked for
    is_gone = models.BooleanField(default=False, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False, db_index=True)

    objects: ClassVar = SourceQuerySet.as_manager()
    # Where a query told, see selectors.sources_for.
    subscriber_count = 0
    followed = False

    class Meta:
        indexes: ClassVar = [models.Index(fields=["host", "last_fetched_at"], name="source_host")]

    def __str__(self) -> str:
        return self.title or self.host

    @property
    def status(self) -> str:
        if self.is_paused:
            return "paused"
        if self.is_gone:
            return "gone"
        if self.failure_count:
            return "failing"
        return "ok" if self.first_crawled_at else "new"

    @staticmethod
    def identified_by(url: str) -> dict[str, str | bytes]:
        """Fields that follow from the canonical URL."""
        return {"url": url, "url_key": digest(url), "host": urlsplit(url).hostname or ""}


class ArticleQuerySet(models.QuerySet["Article"]):
    def with_heads(self) -> ArticleQuerySet:
        """Add the `head` of the content where the summary is to be read from there, else ""."""
        head = When(own_summary=None, then=Substr("raw_content", 1, HEAD_LENGTH))
        return self.annotate(head=Case(head, default=Value("")))  # type: ignore[no-redef]

    def without_contents(self) -> ArticleQuerySet:
        """Leave the contents out, as lists do, but for what a summary is read from."""
        return self.with_heads().defer("raw_content")


class Article(models.Model):
    """One published item of a source."""

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="articles", db_index=False
    )
    identity = DigestField(editable=False)
    link_key = DigestField(null=True, editable=False)
    title = models.CharField(max_length=500)
    url = models.CharField(max_length=2000, blank=True)
    own_summary = models.CharField(max_length=SUMMARY_LENGTH, null=True, blank=True)  # noqa: DJ001 - see `summary`
    raw_content = models.TextField(blank=True)  # HTML as published: see `content`
    content_base = models.CharField(max_length=2000, blank=True)  # of its links, "" for `url`
    author = models.CharField(max_length=200, blank=True)
    image_url = models.CharField(max_length=2000, blank=True)
    enclosures = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)  # as the publisher names them
    comments_url = models.CharField(max_length=2000, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    dated_at = models.DateTimeField(editable=False)  # published_at, else first_seen_at
    first_seen_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    head: str | None = None  # of the content, see `with_heads`
    objects: ClassVar = ArticleQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "identity"], name="one_article_per_identity")
        ]
        indexes: ClassVar = [
            models.Index(fields=["first_seen_at", "id"], name="article_seen"),
            models.Index(fields=["dated_at", "id"], name="article_dated"),
            # With the date, so that the rhythm of a source is read without its articles.
            models.Index(
                fields=["source", "first_seen_at", "id", "dated_at"], name="article_source_seen"
            ),
            models.Index(fields=["source", "link_key"], name="article_source_link"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def summary(self) -> str:
        """What the publisher says in short, else how the content begins: at most 500 characters.

        The latter is stored for what people were told; all else is hardly ever looked at.
        """
        return summary_of(self.own_summary, self.raw_content if self.head is None else self.head)

    @property
    def content(self) -> str:
        """What may be shown: sanitised HTML with absolute links."""
        return sanitise(self.raw_content, self.content_base or self.url)


class Revision(models.Model):
    """What an article said before its publisher changed it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    title = models.CharField(max_length=500)
    summary = models.CharField(max_length=500, blank=True)
    raw_content = models.TextField(blank=True)
    content_base = models.CharField(max_length=2000, blank=True)
    written_at = models.DateTimeField()  # when we first saw it like this
    replaced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.title} until {self.replaced_at:%Y-%m-%d %H:%M:%S}"

    @property
    def content(self) -> str:
        """What may be shown: sanitised HTML with absolute links."""
        return sanitise(self.raw_content, self.content_base)


class Outcome(models.TextChoices):
    NEW = "new"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"
    DEFERRED = "deferred"


class Fetch(models.Model):
    """One attempt to fetch a source: what came of it, and when the next is due."""

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="fetches", db_index=False
    )
    started_at = models.DateTimeField(db_index=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    duration_ms = models.PositiveIntegerField(default=0)  # of fetching
    parse_ms = models.PositiveIntegerField(default=0)
    store_ms = models.PositiveIntegerField(default=0)
    bytes = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    next_fetch_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "fetches"
        indexes: ClassVar = [models.Index(fields=["source", "id"], name="fetch_source")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.started_at:%Y-%m-%d %H:%M:%S}"


class Announcement(models.Model):
    """News that people have to be told of; the row is deleted when an event has taken it over.

    Without an article it stands for a burst of `count` new ones of its source.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    article = models.OneToOneField(Article, on_delete=models.CASCADE, null=True)
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.article or f"{self.count} articles of {self.source}")
