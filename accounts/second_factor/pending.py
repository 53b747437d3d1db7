"""Between the first and the second step of signing in: a session knows who, and opens nothing."""

import time
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from accounts.sign_ins import marks_of

NAME = "second_step"
SECONDS = 600


def begin(request: HttpRequest, user: User, **kept: Any) -> None:
    """Remember who passed the first step, and what else `take` shall give back."""
    mark = user.get_session_auth_hash()
    begun = {"user": user.pk, "mark": mark, "until": time.time() + SECONDS, "kept": kept}
    request.session[NAME] = begun


def user_of(request: HttpRequest) -> User | None:
    """Tell who has to take the second step: not for long, and not after a change of password."""
    begun = request.session.get(NAME)
    if not begun or begun["until"] < time.time():
        return None
    user = User.objects.filter(pk=begun["user"], is_active=True).first()
    return user if user and begun["mark"] in marks_of(user) else None


def take(request: HttpRequest) -> dict[str, Any]:
    """Forget that there is a step to take; returns what was remembered with it."""
    begun: dict[str, Any] = request.session.pop(NAME)
    kept: dict[str, Any] = begun["kept"]
    return kept


def put_state(request: HttpRequest, state: dict[str, Any]) -> None:
    request.session[NAME] = {**request.session[NAME], "state": state}


def take_state(request: HttpRequest) -> dict[str, Any] | None:
    """Give what a passkey was asked for with, once."""
    begun = dict(request.session[NAME])
    state: dict[str, Any] | None = begun.pop("state", None)
    request.session[NAME] = begun
    return state
