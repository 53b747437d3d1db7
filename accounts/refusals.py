"""Sign-ins that were refused, as Django tells of them whoever asked: pages, API, admin."""

from typing import Any

from django.http import HttpRequest

from accounts import audit
from accounts.audit import Action, By
from accounts.models import User
from newsnotify.lib.client_address import client_address


def note(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Write down a refused sign-in; of an unknown e-mail not even that, it may be a password."""
    name = str(credentials.get("username") or credentials.get(User.USERNAME_FIELD) or "")
    user = User.objects.filter(email=name.strip().lower()).first()
    by = By(address=client_address(request) if request else "")
    audit.record(Action.SIGN_IN_REFUSED, by, user)
