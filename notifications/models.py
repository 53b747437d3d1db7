"""How a person is told: events, inboxes, notifications."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from news.models import Article, Source, Topic
from newsnotify.lib.fields import DigestField


class Priority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class EventQuerySet(models.QuerySet["Event"]):
    def to_fan_out(self, now: datetime) -> EventQuerySet:
        """Those released, not told to everybody yet, and not being told by somebody else."""
        return self.filter(fanned_out_at=None, release_time__lte=now).exclude(leased_until__gt=now)


class Event(models.Model):
    """Something that happened and may concern people.

    The row is its own place in the queue: everybody up to `fan_out_cursor` was told.
    """

    title = models.CharField(max_length=500, blank=True)
    message = models.TextField()
    url = models.CharField(max_length=2000, blank=True)
    category = models.SlugField(max_length=50, default="general", db_index=False)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.MEDIUM)
    data = models.JSONField(default=dict, blank=True)
    topic = models.ForeignKey(Topic, on_delete=models.SET_NULL, null=True, blank=True)
    source = models.ForeignKey(
        Source, on_delete=models.SET_NULL, null=True, blank=True, related_name="events"
    )
    article = models.OneToOneField(Article, on_delete=models.SET_NULL, null=True, blank=True)
    link_key = DigestField(null=True, editable=False)
    told_as = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        help_text="The same link was told before: this event only widens who hears of that one.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    release_time = models.DateTimeField(default=timezone.now)
    fan_out_cursor = models.BigIntegerField(default=0, editable=False)
    fanned_out_at = models.DateTimeField(null=True, editable=False)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = EventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["fanned_out_at", "release_time"], name="event_to_fan_out"),
            models.Index(fields=["link_key", "created_at"], name="event_link"),
        ]

    def __str__(self) -> str:
        return self.title or self.message[:80]


class Inbox(models.Model):
    """A user's counters. Whoever changes an inbox raises its revision in the same transaction."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="inbox"
    )
    revision = models.BigIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "inboxes"

    def __str__(self) -> str:
        return f"inbox of {self.user_id} at {self.revision}"


class Notification(models.Model):
    """One user told of one event."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,
    )
    # Without an index and a constraint of its own: a million rows are inserted at once, and
    # what asks by event asks by a range of users, which (user, event) answers.
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False
    )
    revision = models.BigIntegerField()  # of the inbox, at this row's last change
    created_revision = models.BigIntegerField()
    is_unread = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "event"], name="told_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "revision"], name="notification_revision"),
            models.Index(fields=["user", "is_unread", "id"], name="notification_unread"),
            models.Index(fields=["user", "id"], name="notification_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.user_id}"

    @property
    def status(self) -> str:
        if self.is_archived:
            return "archived"
        return "delivered" if self.is_unread else "read"
