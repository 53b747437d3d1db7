"""What came of requests that may be repeated, and of messages that could not be read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from newsnotify.lib.fields import DigestField


class Replay(models.Model):
    """The first answer to a request that may be repeated with its `Idempotency-Key`."""

    key = DigestField(unique=True)
    body = DigestField()
    status_code = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"answer {self.status_code} of {self.created_at:%Y-%m-%d %H:%M}"


class DeadMessage(models.Model):
    """A message of a stream that could not be read as an event, and why."""

    stream = models.CharField(max_length=255)
    place = models.CharField(max_length=255)
    body = models.BinaryField()  # its beginning
    reason = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.place} of {self.stream}"
