"""Questions to addresses: whether they are who added them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from notifications.channel_models import Channel


class Proof(models.Model):
    """A code on its way to a channel's address, or out for an answer.

    The row is its own place in the queue: a code is to be sent at `due_at`. It holds no code, only
    what the secret key makes one of; see `proofs`.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="proof")
    nonce = models.CharField(max_length=32)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # at this code
    codes = models.PositiveSmallIntegerField(default=1)  # since `counted_since`
    counted_since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, db_index=True)  # null: it was sent, or given up
    lease = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"proof of channel {self.channel_id}"
