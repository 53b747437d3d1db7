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

from newsnotify.lib.fields import DigestField


class Role(models.TextChoices):
    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"'{name}' is no time zone; expected a name such as Europe/Berlin.")


class UserManager(BaseUserManager["User"]):
    """Makes users; an e-mail address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{"role": Role.ADMIN, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail, or a recipient that a producer named by external id."""

    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=150, blank=True)
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
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def get_short_name(self) -> str:
        return self.name or str(self).partition("@")[0]


class TokenFamily(models.Model):
    """One sign-in by tokens. Only its latest refresh token is good, and only once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    current = DigestField(editable=False)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(default=now)
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"sign-in {self.pk} of {self.user}"


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
