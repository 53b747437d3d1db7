"""Who is at the other end of a WebSocket, and whether he still may be."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError

from accounts import page_sign_ins, sign_ins, tokens
from accounts.models import User
from newsnotify.lib.asgi_types import App, Receive, Scope, Send, header
from newsnotify.lib.database_threads import in_thread

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose socket it is, and the sign-in that it lives and dies with."""

    user_id: int
    session_key: str = ""  # of a page that is not known as a sign-in yet
    sign_in_id: int | None = None


class SocketAuthentication:
    """ASGI middleware: puts an Identity or None into `scope["identity"]`.

    A foreign Origin is refused during the handshake: the browser of a stranger's page would
    send our cookies along (RFC 6455, section 10.2).
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_foreign(scope):
            await receive()
            await send({"type": "websocket.close"})
            return
        identity = await in_thread(identify, scope)
        await self.app({**scope, "identity": identity}, receive, send)


def is_foreign(scope: Scope) -> bool:
    """Tell whether a page of somebody else opened this socket; no Origin means no page."""
    origin = header(scope, b"origin")
    if origin is None:
        return False
    return not (_is_listed(origin) or _is_same(origin, scope))


def _is_listed(origin: str) -> bool:
    spellings = {origin.lower(), origin.lower().partition("://")[2]}
    return any(allowed.lower().rstrip("/") in spellings for allowed in settings.ALLOWED_ORIGINS)


def _is_same(origin: str, scope: Scope) -> bool:
    """Compare with the Host header: a browser sends the true one, no page can choose it."""
    host = header(scope, b"host") or ""
    is_https = settings.IS_HTTPS or scope.get("scheme") == "wss"
    scheme = origin.lower().partition("://")[0]
    if scheme not in DEFAULT_PORTS or (is_https and scheme == "http"):
        return False
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    place = _place(origin)
    return place is not None and place == _place(f"{scheme}://{host}")


def _place(url: str) -> tuple[str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return None


def identify(scope: Scope) -> Identity | None:
    """Tell who opened a socket whose Origin was looked at. An explicit token alone decides."""
    token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    if token and settings.WS_ALLOW_QUERY_TOKEN:
        return of_token(token[-1])
    if header(scope, b"origin") is None:  # a cookie proves nothing without one
        return None
    cookies = parse_cookie(header(scope, b"cookie") or "")
    return of_session(cookies.get(settings.SESSION_COOKIE_NAME, ""))


def of_token(access_token: str) -> Identity | None:
    """Tell whose access token this is; None when it is not good, or its sign-in has ended."""
    try:
        row = tokens.sign_in_of(access_token)
    except TokenError:
        return None
    return Identity(row.user_id, sign_in_id=row.pk)


def of_session(session_key: str) -> Identity | None:
    """Tell whose session this is, as Django does, but without ever writing to it.

    Django's own `get_user` gives a session signed with an older key a new id, which the
    answer to a handshake has no way of telling the browser.
    """
    if not session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user_id, told = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        return None
    if not any(constant_time_compare(told, known) for known in sign_ins.marks_of(user)):
        return None
    sign_in_id = session.get(page_sign_ins.NAME)
    if sign_in_id is None:
        return Identity(user.pk, session_key=session_key)
    return Identity(user.pk, sign_in_id=sign_in_id) if _goes_on(sign_in_id) else None


def _goes_on(sign_in_id: int) -> bool:
    return bool(sign_ins.going_on_among([sign_in_id]))


def ended(identities: Collection[Identity]) -> set[Identity]:
    """List those whose account, session or sign-in is gone; at most some hundreds."""
    users = {item.user_id for item in identities}
    keys = {item.session_key for item in identities if item.session_key}
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    # Django asks the database nothing when a list is empty.
    alive: set[object] = {"", None}
    alive.update(sessions.values_list("session_key", flat=True))
    alive |= sign_ins.going_on_among({i.sign_in_id for i in identities if i.sign_in_id})
    return {
        item
        for item in identities
        if item.user_id not in active or not {item.session_key, item.sign_in_id} <= alive
    }
