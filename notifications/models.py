"""How a person is told: events, inboxes, notifications."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import ApiKey
from news.models import Article, Source, Topic
from newsnotify.lib.fields import DigestField
from newsnotify.lib.lines import one_line
from notifications import summaries
from notifications.channel_models import Attempt, Carrier, Channel, Delivery
from notifications.intake_models import DeadMessage, Replay
from notifications.proof_models import Proof
from notifications.rule_models import RuleApplication
from subscriptions.models import KeywordQuery
from subscriptions.priorities import Priority

__all__ = [
    "Addressee",
    "Amendment",
    "Attempt",
    "Carrier",
    "Channel",
    "DeadMessage",
    "Delivery",
    "Event",
    "EventMatch",
    "Inbox",
    "Kind",
    "Lane",
    "Notification",
    "Place",
    "Proof",
    "Replay",
    "RuleApplication",
]


class Kind(models.TextChoices):
    """The kinds of channel that a producer may name as a notification's `type`."""

    EMAIL = "email"
    SMS = "sms"
    IN_APP = "in_app"
    PUSH = "push"
    WEBHOOK = "webhook"
    CHAT = "chat"


class Event(models.Model):
    """Something that happened and may concern people."""

    title = models.CharField(max_length=500, blank=True)
    message = models.TextField()
    url = models.CharField(max_length=2000, blank=True)
    category = models.SlugField(max_length=50, default="general", db_index=False)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.MEDIUM)
    data = models.JSONField(default=dict, blank=True)
    content = models.JSONField(
        default=dict, blank=True, help_text="Title and message in other languages."
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
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
    is_addressed = models.BooleanField(default=False)  # only its audience is told
    audience = models.JSONField(default=dict, blank=True)  # topics and roles; users: Addressee
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    release_time = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, editable=False)  # recalled, or expired
    told_count = models.PositiveIntegerField(default=0, editable=False)
    # Its notifications have ids above the first and up to the second: a block that can be read
    # without an index by event, which would cost every insert.
    rows_after = models.BigIntegerField(null=True, editable=False)
    rows_until = models.BigIntegerField(default=0, editable=False)
    match_count = models.PositiveIntegerField(default=0, editable=False)
    lane_count = models.PositiveSmallIntegerField(default=0, editable=False)  # 0: not begun
    fanned_out_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["fanned_out_at", "release_time"], name="event_to_fan_out"),
            models.Index(fields=["link_key", "created_at"], name="event_link"),
            models.Index(fields=["withdrawn_at", "expires_at"], name="event_expiry"),
        ]

    def __str__(self) -> str:
        return self.title or one_line(self.message[:80])

    def in_language(self, language: str) -> tuple[str, str]:
        """Tell title and message in a language, else as they were posted."""
        is_burst = self.source_id is not None and self.article_id is None
        if is_burst:
            title, message = summaries.in_language(language, self.title, self.message)
            return title, message
        given = self.content.get(language, {})
        return given.get("title", self.title), given.get("message", self.message)

    @property
    def status(self) -> str:
        """Tell what becomes of it, as far as its own row knows."""
        if self.withdrawn_at:
            is_expired = self.expires_at and self.withdrawn_at >= self.expires_at
            return "expired" if is_expired else "recalled"
        if self.fanned_out_at:
            return "told"
        return "scheduled" if self.release_time > self.created_at else "accepted"


class Addressee(models.Model):
    """Somebody an event was addressed to by name."""

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="addressees", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addressed"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "user"], name="addressed_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.user_id}"


class EventMatch(models.Model):
    """A keyword query that an event matches.

    Found once, before the first lane is opened, so that every chunk means the same queries.
    """

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="matches", db_index=False
    )
    # Whoever removes a query, which nobody asks any more, need not look here.
    query = models.ForeignKey(
        KeywordQuery,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    is_large = models.BooleanField(default=False)  # so many ask it that a chunk has no room

    class Meta:
        verbose_name_plural = "event matches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "query"], name="matched_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} matches {self.query_id}"


class Amendment(models.Model):
    """An event was edited or withdrawn: those who were told of it have to learn that.

    The row is its own place in the queue: every notification up to `cursor` was seen to.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="amendment")
    cursor = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"amendment of {self.event_id}"


class Lane(models.Model):
    """A range of users who are to be told of an event, by one worker at a time.

    The row is its own place in the queue: everybody up to `cursor` was told. It goes when its
    range is done, and with the last one the event is.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="lanes")
    cursor = models.BigIntegerField(default=0)
    until = models.BigIntegerField(null=True)  # the last user of the range, if it has an end
    told_count = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"lane {self.pk} of event {self.event_id}"


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


class Place(models.IntegerChoices):
    """Where a notification lies. Nobody but its producer sees what is pending."""

    INBOX = 0
    ARCHIVED = 1
    PENDING = 2  # until its release time; its inbox does not count it yet
    DELETED = 3  # kept, so that every device learns of it


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
    place = models.PositiveSmallIntegerField(choices=Place.choices, default=Place.INBOX)
    # The rank that a rule gave it for this person; else it has its event's.
    own_priority = models.PositiveSmallIntegerField(null=True, editable=False)
    verdict = models.CharField(max_length=10, blank=True)  # its producer's: delivered or failed
    # The best of its deliveries, kept by who records them; the inbox alone has none.
    outcome = models.CharField(max_length=10, blank=True, default="", db_default="")
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "event"], name="told_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "revision"], name="notification_revision"),
            # Newest first is by created_revision, since MariaDB answers ORDER BY id with LIMIT by
            # a walk down the table: 29 ms among ten million rows where this takes 1 ms.
            models.Index(fields=["user", "place", "created_revision"], name="notification_newest"),
            models.Index(
                fields=["user", "is_unread", "place", "created_revision"],
                name="notification_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.user_id}"

    @property
    def priority(self) -> str:
        """How urgent it is for this person."""
        if self.own_priority is None:
            return self.event.priority
        return list(Priority)[self.own_priority].value

    @property
    def is_archived(self) -> bool:
        return self.place == Place.ARCHIVED

    @property
    def status(self) -> str:
        if self.place == Place.ARCHIVED:
            return "archived"
        if not self.is_unread:
            return "read"
        if self.verdict:
            return self.verdict
        return "pending" if self.place == Place.PENDING else self.outcome or "delivered"
