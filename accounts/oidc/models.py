from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from newsnotify.lib.fields import DigestField


class Identity(models.Model):
    """Whom an OpenID Connect provider means by a subject: one of our accounts."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities"
    )
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    key = DigestField(unique=True, editable=False)  # of both: subjects are told apart by case
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False
    )

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
