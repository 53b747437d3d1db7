"""What a person shows beyond a password, and proof from elsewhere of who he is."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from newsnotify.lib.encryption import EncryptedField
from newsnotify.lib.fields import DigestField, LineField


class Totp(models.Model):
    """An authenticator app's secret; it counts once a code of it was shown."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totp"
    )
    secret = EncryptedField(purpose="authenticator app")
    # Of the latest code that was used; neither it nor one before it is good again.
    used_step = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    confirmed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False
    )

    class Meta:
        verbose_name = "authenticator app"

    def __str__(self) -> str:
        return f"authenticator app of {self.user}"


class Passkey(models.Model):
    """A public key whose other half a device or a password manager keeps (WebAuthn)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = LineField(max_length=60)
    key = DigestField(unique=True, editable=False)  # of the credential's id
    credential = models.BinaryField(editable=False)  # WebAuthn, 6.5.1: id and public key
    sign_count = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False
    )

    def __str__(self) -> str:
        return f"{self.name}"


class RecoveryCode(models.Model):
    """For who has lost the rest. The code itself is known to its owner alone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    secret = DigestField(editable=False)
    used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, editable=False
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "secret"], name="recovery_code")]

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
