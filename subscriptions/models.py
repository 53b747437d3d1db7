"""What a person wants."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from news.models import Source, Topic


class Kind(models.TextChoices):
    TOPIC = "topic"
    SOURCE = "source"


class Subscription(models.Model):
    """One person wants one topic or one source."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, null=True, blank=True, related_name="subscriptions"
    )
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, null=True, blank=True, related_name="subscriptions"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            # The first column is what matching asks by, so these are its indexes as well.
            models.UniqueConstraint(fields=["topic", "user"], name="one_subscription_per_topic"),
            models.UniqueConstraint(fields=["source", "user"], name="one_subscription_per_source"),
            models.CheckConstraint(
                condition=Q(kind=Kind.TOPIC, topic__isnull=False, source__isnull=True)
                | Q(kind=Kind.SOURCE, source__isnull=False, topic__isnull=True),
                name="subscription_names_what_its_kind_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} follows {self.topic or self.source}"


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
