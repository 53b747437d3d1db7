"""Verbs over several apps: what becoming a member means, taking along one's data, and leaving."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from accounts import services
from accounts.audit import By
from accounts.models import OutgoingMail, User
from news.models import Source
from newsnotify.belongings import PARTS
from newsnotify.lib.urls import redact
from notifications.models import Addressee, Event, Replay
from subscriptions.models import Subscription
from subscriptions.preferences import set_preferences

BATCH = 500


@transaction.atomic
def join(*, email: str, password: str, preferences: Mapping[str, Any]) -> User:
    """Register somebody with preferences, or do neither; raises ValidationError by field."""
    user = services.register(email=email, password=password)
    set_preferences(user=user, changes=preferences)
    return user


def export(user: User) -> dict[str, Any]:
    """Show everything that is stored of a person, by kind."""
    return {"exported_at": now(), **{part.name: part.shown(user) for part in PARTS}}


@transaction.atomic
def leave(*, user: User, by: By) -> None:
    """Delete an account with everything of its owner; news and what others were told stay.

    Raises ValidationError for the last admin.
    """
    services.check_change(user=user, is_active=False)
    _delete_private_sources(user)
    _delete_events_for_nobody_else(user)
    _forget_name(user)
    services.delete_user(user=user, by=by)


def _delete_private_sources(user: User) -> None:
    """Delete the sources that only he follows and whose URL has a secret of his."""
    others = Subscription.objects.filter(source=OuterRef("pk")).exclude(user=user)
    mine = Source.objects.filter(is_brought=True, topic=None, subscriptions__user=user)
    for source in mine.exclude(Exists(others)):
        if redact(source.url) != source.url:
            source.delete()


def _delete_events_for_nobody_else(user: User) -> None:
    others = Addressee.objects.filter(event=OuterRef("pk")).exclude(user=user)
    mine = Event.objects.filter(is_addressed=True, addressees__user=user).exclude(Exists(others))
    audiences = mine.values_list("pk", "audience")
    alone = [pk for pk, audience in audiences if not any(audience.values())]
    for start in range(0, len(alone), BATCH):
        Event.objects.filter(pk__in=alone[start : start + BATCH]).delete()


def _forget_name(user: User) -> None:
    """Take him out of what refers to him by other means than his row."""
    is_him = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    named = LogEntry.objects.filter(is_him | Q(object_repr__contains=str(user)))
    named.update(object_repr=f"user {user.pk}")
    # First read, then deleted: a DELETE that has to look at every row would lock them all.
    answered = list(Replay.objects.filter(answer__user_id=user.pk).values_list("pk", flat=True))
    Replay.objects.filter(pk__in=answered).delete()
    addresses = filter(None, (user.email, user.new_email))
    OutgoingMail.objects.filter(address__in=list(addresses)).delete()
