"""The door of the pages: whoever has a second factor shows it before a session is his."""

from datetime import datetime
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from accounts.models import User
from accounts.second_factor import checking, pending


def enter(request: HttpRequest, user: User, *, to: str, **kept: Any) -> HttpResponseRedirect:
    """Let in who passed the first step, or ask for the second one.

    `kept` is what the sign-in brings along: `until` (ISO 8601), when its session ends, and
    `session`, what is put into that.
    """
    if checking.is_set(user):
        return ask(request, user, to=to, **kept)
    return _open(request, user, to, **kept)


def ask(request: HttpRequest, user: User, *, to: str, **kept: Any) -> HttpResponseRedirect:
    """Ask for the second step."""
    pending.begin(request, user, to=to, **kept)
    return redirect("second_step")


def finish(request: HttpRequest, user: User) -> HttpResponseRedirect:
    """Let in who passed the second step as well."""
    return _open(request, user, **pending.take(request))


def _open(
    request: HttpRequest,
    user: User,
    to: str,
    until: str | None = None,
    session: dict[str, Any] | None = None,
) -> HttpResponseRedirect:
    request.session.pop(pending.NAME, None)  # somebody's who gave up halfway
    login(request, user)
    request.session.set_expiry(datetime.fromisoformat(until) if until else None)
    request.session.update(session or {})
    return redirect(to)
