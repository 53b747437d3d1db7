"""What every page knows of the inbox."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from notifications import selectors


def unread(request: HttpRequest) -> dict[str, Any]:
    """Offer the unread count and the cursor the page's socket begins at; asked only when used."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"unread_count": 0}
    return {"unread_count": SimpleLazyObject(lambda: selectors.unread_count(user))}
