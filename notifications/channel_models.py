"""How a person is reached: channels, and what became of each notification on each of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsnotify.lib.fields import LineField
from newsnotify.lib.sealing import unseal
from subscriptions.models import Subscription


class Channel(models.Model):
    """One way to reach a user: what kind it is, and the address."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        WEBHOOK = "webhook"
        WEB_PUSH = "web_push"
        CHAT = "chat"
        MOCK = "mock"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channels"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = LineField(max_length=100, blank=True)
    address = models.CharField(max_length=320, help_text="As much of it as people may see.")
    sealed = models.TextField(blank=True, editable=False)  # its secrets, see newsnotify.lib.sealing
    provider = models.CharField(max_length=255, blank=True, editable=False)
    is_account = models.BooleanField(default=False, editable=False)  # follows the account's e-mail
    is_enabled = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    # For the fan-out, which asks an index whether anybody of a range of users has any.
    is_ready = models.GeneratedField(
        expression=Q(is_enabled=True, verified_at__isnull=False),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    last_error = models.CharField(max_length=500, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    subscriptions = models.ManyToManyField(
        Subscription,
        related_name="channels",
        blank=True,
        help_text="Those that are told here; a subscription that names none is told everywhere.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "address"], name="channel_address"),
            models.Index(fields=["is_ready", "user"], name="channel_ready"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"

    @property
    def carrier(self) -> str:
        """Name who carries what goes here."""
        return self.provider or self.kind

    @property
    def opened(self) -> dict[str, Any]:
        """The address with its secrets. Raises SealError when the key of these is gone."""
        return {"address": self.address, **unseal(self.sealed)}


class Delivery(models.Model):
    """The chain of attempts to bring one notification to one channel.

    The row is its own place in the queue: something is to be done at `due_at`. Whoever does it
    moves that to the end of his lease, so that a row whose worker died is due again by itself.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        DELIVERED = "delivered"
        RETRY = "retry"
        HELD = "held"
        SUPPRESSED = "suppressed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"
        DEAD = "dead"
        BOUNCED = "bounced"

    OPEN: ClassVar = (State.PENDING, State.SENDING, State.RETRY, State.HELD)

    notification = models.ForeignKey(
        "notifications.Notification",
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,  # inserted with it, in sets
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    # Nowhere: there was none of the kind that was asked for, or it was deleted since.
    channel = models.ForeignKey(
        Channel,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
    )
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True, default=timezone.now)  # null: nothing more to do
    lease = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # begun since it was (re)made
    lost = models.PositiveSmallIntegerField(default=0)  # of those, whose worker never came back
    parcel = models.CharField(max_length=64, blank=True)  # it goes in, if not in one of its own
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notification", "channel"], name="delivered_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="delivery_due"),
            models.Index(fields=["state"], name="delivery_state"),
            models.Index(fields=["parcel"], name="delivery_parcel"),
            models.Index(fields=["ended_at"], name="delivery_ended"),
            # What is open there, and what went there lately.
            models.Index(fields=["channel", "ended_at"], name="delivery_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} by {self.kind}: {self.state}"

    @property
    def parcel_id(self) -> str:
        """The id that every repetition has, by which who gets it can tell."""
        return self.parcel or f"msg_{self.pk}"


class Attempt(models.Model):
    """What was done to a delivery: by whom, when, and what came of it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(default=timezone.now)
    result = models.CharField(max_length=10)
    status_code = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=30, default="worker")

    def __str__(self) -> str:
        return f"{self.result} at {self.at:%Y-%m-%d %H:%M}"


class Carrier(models.Model):
    """Somebody who carries what we send, while he fails: he is left alone for a while."""

    name = models.CharField(max_length=255, unique=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    paused_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.name
