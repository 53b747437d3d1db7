"""What a person wants."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from news.models import Source, Topic
from newsnotify.lib.fields import DigestField, cascade


class Kind(models.TextChoices):
    TOPIC = "topic"
    SOURCE = "source"
    KEYWORD = "keyword"


_LIMITS = ("is_paused", "min_priority", "muted_until")


class KeywordQuery(models.Model):
    """What is looked for in news, one row for all who ask the same.

    A row never changes: who asks for something else refers to another.
    """

    key = DigestField(unique=True, editable=False)
    text = models.TextField()  # in the form that all who ask the same share
    program = models.JSONField()  # see keywords.syntax
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, null=True, blank=True, related_name="keyword_queries"
    )
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, null=True, blank=True, related_name="keyword_queries"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "keyword queries"

    def __str__(self) -> str:
        return self.text


class KeywordAnchor(models.Model):
    """A gram under which a query is found, and another that has to be there.

    Where that is negative it must not be there: `keywords.anchors`.
    """

    gram = models.BigIntegerField()
    beside = models.BigIntegerField()
    is_all = models.BooleanField()  # what has both matches: there is nothing to evaluate
    query = models.ForeignKey(KeywordQuery, on_delete=models.CASCADE, related_name="anchors")

    class Meta:
        constraints: ClassVar = [
            # With all that is asked for, so that the index alone answers.
            models.UniqueConstraint(
                fields=["gram", "query", "beside", "is_all"], name="one_anchor_per_gram"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gram} of {self.query_id}"


class KeywordTurn(models.Model):
    """One row: whoever adds queries has it until his commit.

    So the numbers of anchors rise in the order in which others see them: `known_grams`.
    """

    def __str__(self) -> str:
        return "whose turn it is"


class Subscription(models.Model):
    """One person wants one topic, one source, or what a keyword query finds."""

    # None has an index of its own, since those below begin with each of them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="subscriptions",
        db_index=False,
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    topic = models.ForeignKey(
        Topic,
        on_delete=cascade,
        null=True,
        blank=True,
        related_name="subscriptions",
        db_index=False,
    )
    source = models.ForeignKey(
        Source,
        on_delete=cascade,
        null=True,
        blank=True,
        related_name="subscriptions",
        db_index=False,
    )
    query = models.ForeignKey(
        KeywordQuery,
        on_delete=cascade,
        null=True,
        blank=True,
        related_name="subscriptions",
        db_index=False,
    )
    query_text = models.CharField(max_length=500, blank=True)  # as this person wrote it
    min_priority = models.PositiveSmallIntegerField(default=0)  # rank of `Priority`
    muted_until = models.DateTimeField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "topic"], name="one_subscription_per_topic"),
            models.UniqueConstraint(fields=["user", "source"], name="one_subscription_per_source"),
            models.UniqueConstraint(fields=["user", "query"], name="one_subscription_per_query"),
            models.CheckConstraint(
                condition=Q(kind=Kind.TOPIC, topic__isnull=False, source=None, query=None)
                | Q(kind=Kind.SOURCE, source__isnull=False, topic=None, query=None)
                | Q(kind=Kind.KEYWORD, query__isnull=False, topic=None, source=None),
                name="subscription_names_what_its_kind_says",
            ),
        ]
        # With all that matching asks of a subscription: rows of a million followers, looked up
        # one by one, took a chunk from 10 ms to 17, and MariaDB no longer began at its first user.
        indexes: ClassVar = [
            models.Index(fields=[kind, "user", *_LIMITS], name=f"wanted_{kind}")
            for kind in ("topic", "source", "query")
        ]

    def __str__(self) -> str:
        return f"{self.user} follows {self.topic or self.source or self.query_text}"


class RuleAction(models.TextChoices):
    """What is done with news that a person would be told of, and that a query matches."""

    READ = "read", "mark it read"
    SILENCE = "silence", "do not tell"
    RAISE = "raise", "raise its priority"
    LOWER = "lower", "lower its priority"


class Rule(models.Model):
    """How one person is told of what a query matches. It brings nobody news by itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="rules", db_index=False
    )
    query = models.ForeignKey(KeywordQuery, on_delete=models.CASCADE, related_name="rules")
    query_text = models.CharField(max_length=500)  # as this person wrote it
    action = models.CharField(max_length=10, choices=RuleAction.choices)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "query", "action"], name="one_rule_per_action")
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.query_text}"


class Preferences(models.Model):
    """How one person wants to be told. Who has no row has the defaults: everything, at once."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="preferences",
    )
    is_subscribed = models.BooleanField(default=True)
    priorities = models.PositiveSmallIntegerField(default=0)  # bits of `Priority`; 0 is all
    has_categories = models.BooleanField(default=False)  # else all
    delivery = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class PreferredCategory(models.Model):
    """A category that a person wants; whoever names one wants only those named."""

    preferences = models.ForeignKey(
        Preferences, on_delete=models.CASCADE, related_name="categories", db_index=False
    )
    category = models.SlugField(max_length=50, db_index=False)

    class Meta:
        verbose_name_plural = "preferred categories"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["preferences", "category"], name="category_once")
        ]

    def __str__(self) -> str:
        return self.category
