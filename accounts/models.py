"""Who is here: people and recipients, their sign-ins, and the processes that serve them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.oidc.models import Identity
from accounts.second_factor.models import Passkey, RecoveryCode, Totp
from newsnotify.lib.fields import DigestField, LineField

__all__ = (
    "ApiKey", "AuditRecord", "Heartbeat", "Identity", "OutgoingMail", "Passkey", "RecoveryCode",
    "Role", "Scope", "SignIn", "Totp", "User", "UserManager", "validate_time_zone",
)  # fmt: skip


class Role(models.TextChoices):
    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        why = _("'%(name)s' is no time zone; expected a name such as Europe/Berlin.")
        raise ValidationError(why % {"name": name})


class UserManager(BaseUserManager["User"]):
    """Makes users; an e-mail address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        rights = {"role": Role.ADMIN, "is_superuser": True}
        return self.create_user(email, password, **{"email_verified_at": now(), **rights, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail, or a recipient that a producer named by external id."""

    email = models.EmailField(unique=True, null=True, blank=True)
    email_verified_at: models.DateTimeField[datetime | None, datetime | None] = (
        models.DateTimeField(null=True, blank=True, editable=False)
    )
    # Takes the place of `email` when a link sent there is opened.
    new_email = models.EmailField(blank=True, default="", editable=False)
    name = LineField(max_length=150, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=10, default="en", choices=settings.LANGUAGES)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.READER)
    external_id = models.CharField(max_length=255, blank=True, default="")
    external_key = DigestField(unique=True, null=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email or self.external_id or f"user {self.pk}"

    @property
    def is_staff(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_editor(self) -> bool:
        return self.role in {Role.EDITOR, Role.ADMIN}

    @property
    def is_email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def check_password(self, raw_password: str | None) -> bool:
        if self.password.startswith("$2"):  # bcrypt, as others write it: without the name
            self.password = f"bcrypt${self.password}"
        return super().check_password(raw_password)

    def get_short_name(self) -> str:
        return self.name or str(self).partition("@")[0]


class SignIn(models.Model):
    """One sign-in: on the pages, or by tokens, of which the latest refresh token is good once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    # While the user's password makes this mark, as Django's sessions have it.
    password_mark = models.CharField(max_length=64, default="", editable=False)
    session_key = models.CharField(max_length=40, blank=True, default="", editable=False)
    current = DigestField(null=True, editable=False)  # the refresh token that is good
    rotated_at = models.DateTimeField(default=now, editable=False)
    device = models.CharField(max_length=100, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(default=now, db_index=True)
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    def __str__(self) -> str:
        return f"sign-in {self.pk} of {self.user}"


class OutgoingMail(models.Model):
    """A letter about an account; the row is its own place in the queue.

    Text and links are made when it is sent: nothing here opens an account.
    """

    class Kind(models.TextChoices):
        VERIFY = "verify"
        CHANGE_EMAIL = "change_email"
        EMAIL_CHANGED = "email_changed"
        RESET_PASSWORD = "reset_password"  # noqa: S105 - a kind of letter
        PASSWORD_CHANGED = "password_changed"  # noqa: S105
        SECOND_FACTOR = "second_factor"

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped"  # it would have been one too many

    # Nobody's when it was asked for without saying who one is.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    address = models.EmailField(db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    lease = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "outgoing mail"
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="mail_due")]

    def __str__(self) -> str:
        return f"{self.kind}, {self.state}"


class Scope(models.TextChoices):
    EVENTS_WRITE = "events:write"
    USERS_WRITE = "users:write"
    NOTIFICATIONS_READ_ANY = "notifications:read_any"


class ApiKey(models.Model):
    """What a producer shows of itself. The key itself is known to its owner alone."""

    name = models.CharField(max_length=100)
    secret = DigestField(editable=False)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """A process of ours, and when it last said that it is here.

    In the database, so that what we know of workers does not depend on the broker.
    """

    process = models.CharField(max_length=100, unique=True)  # host:pid
    beaten_at = models.DateTimeField(db_index=True)
    parts = models.JSONField(default=dict)  # web, worker, beat → when it last did its work
    counts = models.JSONField(default=list)  # what /metrics tells of it

    def __str__(self) -> str:
        return f"{self.process} ({', '.join(self.parts)})"


class AuditRecord(models.Model):
    """What happened to the safety of the house: who did what to whom, when, and from where."""

    class Action(models.TextChoices):
        SIGNED_IN = "signed_in"
        SIGN_IN_REFUSED = "sign_in_refused"
        SIGN_IN_ENDED = "sign_in_ended"
        TOKEN_REUSED = "token_reused"  # noqa: S105 - a name of what happened
        LIMIT_REACHED = "limit_reached"
        ROLE_CHANGED = "role_changed"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105
        EMAIL_CHANGED = "email_changed"
        IDENTITY_LINKED = "identity_linked"
        SECOND_FACTOR_ADDED = "second_factor_added"
        SECOND_FACTOR_REMOVED = "second_factor_removed"
        SECOND_FACTOR_RESET = "second_factor_reset"
        SECOND_FACTOR_REFUSED = "second_factor_refused"
        RECOVERY_CODES_MADE = "recovery_codes_made"
        RECOVERY_CODE_USED = "recovery_code_used"
        KEY_MADE = "key_made"
        KEY_DELETED = "key_deleted"
        ACCOUNT_DELETED = "account_deleted"
        RECIPIENT_VERIFIED = "recipient_verified"

    at = models.DateTimeField(default=now, db_index=True)
    action = models.CharField(max_length=30, choices=Action.choices)
    actor = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subject = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    address = models.CharField(max_length=45, blank=True, default="")
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M}"
