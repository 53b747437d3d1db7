"""People, and what they are told."""

from typing import Any

from accounts import tokens
from accounts.models import User
from newsnotify.lib import doorbell
from notifications.models import Event, Inbox, Notification


def person(email: str = "ann@example.org") -> User:
    return User.objects.create_user(email)


def token_of(user: User) -> str:
    return tokens.sign_in(user)["access_token"]


def tell(user: User, message: str, **fields: Any) -> Notification:
    """Tell a user of a new event, and ring."""
    notification = tell_silently(user, message, **fields)
    doorbell.ring_inboxes(user.pk, user.pk)
    return notification


def tell_silently(user: User, message: str, **fields: Any) -> Notification:
    """Tell a user of a new event; the doorbell is lost."""
    event = Event.objects.create(message=message, **fields)
    inbox, _ = Inbox.objects.get_or_create(user=user)
    inbox.revision += 1
    inbox.unread += 1
    inbox.save()
    return Notification.objects.create(
        user=user, event=event, revision=inbox.revision, created_revision=inbox.revision
    )
