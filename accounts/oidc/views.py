"""Signing in at the operator's provider: the way there, the way back, and out."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts import audit, entering, limits
from accounts.audit import Action, By
from accounts.oidc import identities, provider, token_store
from accounts.oidc.provider import Attempt, Provider
from accounts.oidc.refusals import DeniedError, NotSignedInError, ProviderAwayError, StaleError
from newsnotify.lib.client_address import client_address

log = logging.getLogger(__name__)

ATTEMPTS = "oidc_attempts"  # in a session: what is under way, in some tabs
TOKENS = "oidc_tokens"  # in a session: the name of what the provider gave
MOST_ATTEMPTS = 5
ATTEMPT_SECONDS = 600
# A session ends with the provider's tokens: who may not sign in there any more is out then.
SESSION_LIVES = timedelta(seconds=token_store.LIVES_SECONDS)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class LoginView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        there, to = provider.configured(), _wanted(request)
        if there is None:
            query = urlencode({"next": to}) if to else ""
            return redirect(f"{reverse('login')}{'?' if query else ''}{query}")
        limits.way_in(request)
        attempt = Attempt.new()
        try:
            url = there.start(attempt, back_to=_callback())
        except ProviderAwayError as error:
            response = _refuse(request, there, error, status=503)
            response["Retry-After"] = "30"
            return response
        _remember(request, attempt, to)
        return redirect(url)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class CallbackView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        there = provider.configured()
        if there is None:
            return redirect("login")
        try:
            return _finish(request, there, request.GET.dict())
        except NotSignedInError as error:
            return _refuse(request, there, error, status=400)


def sign_out_url(request: HttpRequest) -> str:
    """Give where the browser goes to sign out at the provider as well; `""` for nowhere."""
    there, name = provider.configured(), request.session.get(TOKENS)
    if there is None or name is None:
        return ""
    try:
        id_token = token_store.take(name).get("id_token", "")
        return there.sign_out_url(id_token, back_to=f"{settings.PUBLIC_URL}{reverse('home')}")
    except ProviderAwayError as error:
        log.warning("provider away at sign-out", extra={"error": str(error)})
        return ""


def _finish(request: HttpRequest, there: Provider, answer: dict[str, str]) -> HttpResponse:
    """Let in who comes back with proof of who he is; raises NotSignedInError."""
    attempt, to = _remembered(request, answer.get("state", ""))
    if "code" not in answer:
        raise DeniedError(answer.get("error", "no code"))
    found = there.finish(attempt, answer, back_to=_callback())
    issuer, address = there.metadata()["issuer"], client_address(request)
    user = identities.user_of(issuer, found.claims, address=address)
    return entering.enter(
        request,
        user,
        to=to or reverse("home"),
        until=(now() + SESSION_LIVES).isoformat(),
        session={TOKENS: token_store.put(found.tokens)},
    )


def _callback() -> str:
    return f"{settings.PUBLIC_URL}{reverse('oidc_callback')}"


def _wanted(request: HttpRequest) -> str:
    to, host = request.GET.get("next", ""), request.get_host()
    is_ours = url_has_allowed_host_and_scheme(to, {host}, require_https=request.is_secure())
    return to if is_ours else ""


def _remember(request: HttpRequest, attempt: Attempt, to: str) -> None:
    begun = request.session.get(ATTEMPTS, [])[1 - MOST_ATTEMPTS :]
    made = {"attempt": attempt.kept(), "to": to, "until": time.time() + ATTEMPT_SECONDS}
    request.session[ATTEMPTS] = [*begun, made]


def _remembered(request: HttpRequest, state: str) -> tuple[Attempt, str]:
    """Find what is under way by its state, once; raises StaleError."""
    begun: list[dict[str, Any]] = request.session.get(ATTEMPTS, [])
    found = next((made for made in begun if made["attempt"]["state"] == state), None)
    request.session[ATTEMPTS] = [made for made in begun if made is not found]
    if found is None or found["until"] < time.time():
        raise StaleError("no such sign-in is under way")
    return Attempt(**found["attempt"]), found["to"]


def _refuse(
    request: HttpRequest, there: Provider, error: NotSignedInError, *, status: int
) -> HttpResponse:
    told = {"reason": error.reason, "provider": there.name}
    log.warning("not signed in at the provider", extra={**told, "detail": str(error)[:200]})
    if error.reason != ProviderAwayError.reason:
        by = By(address=client_address(request))
        audit.record(Action.SIGN_IN_REFUSED, by, reason=error.reason, provider=there.name)
    return render(request, "accounts/oidc_refused.html", told, status=status)
