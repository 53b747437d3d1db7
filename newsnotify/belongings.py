"""What is stored of a person, and how each part of it is shown to him.

A test walks all models: one that refers to people has to stand here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import BinaryField, Model, Q

from accounts.models import (
    ApiKey,
    AuditRecord,
    Identity,
    OutgoingMail,
    Passkey,
    RecoveryCode,
    SignIn,
    Totp,
    User,
)
from notifications.models import (
    Addressee,
    Channel,
    Delivery,
    Event,
    Inbox,
    Notification,
    Place,
    RuleApplication,
)
from notifications.representation import represent
from subscriptions.models import Preferences, PreferredCategory, Rule, Subscription
from subscriptions.preferences import preferences_of
from subscriptions.priorities import Priority


@dataclass(frozen=True)
class Part:
    """One kind of what is stored: `shown` makes JSON of a user's rows."""

    name: str
    model: type[Model]
    shown: Callable[[User], Any]
    within: tuple[type[Model], ...] = field(default=())  # models that `shown` tells of as well


def columns(row: Model, *without: str) -> dict[str, Any]:
    """Show a row as it is stored, without digests and what is named."""
    return {
        column.attname: column.value_from_object(row)
        for column in row._meta.concrete_fields
        if not isinstance(column, BinaryField) and column.name not in without
    }


def _authenticator_apps(user: User) -> list[dict[str, Any]]:
    # Without its secret, which is his phone's, and may not be readable any more.
    return [
        columns(row, "user", "secret") for row in Totp.objects.filter(user=user).defer("secret")
    ]


def _rows(model: type[Model], owner: str, *without: str) -> Callable[[User], list[dict[str, Any]]]:
    def shown(user: User) -> list[dict[str, Any]]:
        mine: Iterable[Model] = model._default_manager.filter(**{owner: user}).order_by("pk")
        return [columns(row, owner, *without) for row in mine]

    return shown


def _account(user: User) -> dict[str, Any]:
    return columns(user, "password")


def _letters(user: User) -> list[dict[str, Any]]:
    his = OutgoingMail.objects.filter(Q(user=user) | Q(address=user.email or ""))
    return [columns(row, "user", "lease", "leased_until") for row in his.order_by("pk")]


def _security_events(user: User) -> list[dict[str, Any]]:
    """Show what he did, and what was done to him: but not by whom, nor from where."""
    rows = AuditRecord.objects.filter(Q(subject=user) | Q(actor=user)).order_by("pk")
    return [
        columns(row, "actor", *(["address"] if row.actor_id != user.pk else [])) for row in rows
    ]


def _subscriptions(user: User) -> list[dict[str, Any]]:
    rows = (
        Subscription.objects.filter(user=user)
        .order_by("pk")
        .select_related("topic", "source", "query__topic", "query__source")
    )
    return [_subscription(row) for row in rows]


def _subscription(row: Subscription) -> dict[str, Any]:
    topic = row.query.topic if row.query else row.topic
    source = row.query.source if row.query else row.source
    return {
        **columns(row, "id", "user", "query", "min_priority"),
        "topic": topic.slug if topic else None,
        "source": source.url if source else None,
        "min_priority": list(Priority)[row.min_priority],
    }


def _rules(user: User) -> list[dict[str, Any]]:
    rows = Rule.objects.filter(user=user).order_by("pk").prefetch_related("applications")
    shown = rows.select_related("query__topic", "query__source")
    return [
        {
            **columns(row, "id", "user", "query"),
            "topic": row.query.topic.slug if row.query.topic else None,
            "source": row.query.source.url if row.query.source else None,
            "applied": [columns(one, "id", "rule") for one in row.applications.all()],
        }
        for row in shown
    ]


def _notifications(user: User) -> list[dict[str, Any]]:
    """Show all but what has not been released yet."""
    rows = Notification.objects.filter(user=user).exclude(place=Place.PENDING)
    told = rows.order_by("created_revision").prefetch_related("event__topic", "event__source")
    return [represent(_with_owner(row, user)) for row in told]


def _with_owner(row: Notification, user: User) -> Notification:
    row.user = user
    return row


PARTS = (
    Part("account", User, _account),
    Part("sign_ins", SignIn, _rows(SignIn, "user", "session_key", "password_mark")),
    Part("identities", Identity, _rows(Identity, "user")),
    Part("authenticator_apps", Totp, _authenticator_apps),
    Part("passkeys", Passkey, _rows(Passkey, "user")),
    Part("recovery_codes", RecoveryCode, _rows(RecoveryCode, "user")),
    Part("letters", OutgoingMail, _letters),
    Part("subscriptions", Subscription, _subscriptions),
    Part("rules", Rule, _rules, within=(RuleApplication,)),
    Part("preferences", Preferences, preferences_of, within=(PreferredCategory,)),
    Part("channels", Channel, _rows(Channel, "user", "sealed")),
    Part("notifications", Notification, _notifications, within=(Addressee,)),
    Part("deliveries", Delivery, _rows(Delivery, "user", "lease")),
    Part("inbox", Inbox, _rows(Inbox, "user")),
    Part("posted_events", Event, _rows(Event, "posted_by")),
    Part("api_keys", ApiKey, _rows(ApiKey, "created_by")),
    Part("security_events", AuditRecord, _security_events),
    Part("administration", LogEntry, _rows(LogEntry, "user", "object_repr")),
)
