"""A request, the redirects after it, and the bounds on what may come back."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self
from urllib.parse import unquote_to_bytes, urljoin

from newsnotify.lib.outbound_policy import OutboundPolicy, Target
from newsnotify.lib.sentences import gettext_noop

from . import gate
from .answer import REDIRECTS, Answer
from .errors import BadRedirect, Refused, TimedOut
from .gate import Session
from .place import Place
from .writing import request_bytes

_LATE = gettext_noop("%(host)s did not finish its answer within %(n)s seconds.")
_TOO_OFTEN = gettext_noop("%(host)s redirects more than %(n)s times.")
_NOWHERE = gettext_noop("%(host)s redirects to what is no usable address. %(why)s")

_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost; `max_redirects=0` returns a redirect as it is."""

    connect_seconds: float = 5.0  # the look-up included
    total_seconds: float = 30.0  # everything, redirects and body included
    max_bytes: int = 10 * 1024 * 1024  # of the decoded body
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect on the way: who sent us on, and with which status."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status."""

    url: str  # where it came from, without user info
    address: str = field(repr=False)  # the same with the user info that was sent: a secret
    status: int
    headers: Mapping[str, str]  # names in lower case, repeated ones joined by ", "
    body: bytes  # decoded; of a redirect nothing, of what is no success at most 4 KiB
    hops: tuple[Hop, ...] = ()


async def request(
    session: Session,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limits: Limits = Limits(),
    https_only: bool = False,
) -> Response:
    """Send a request and follow its redirects, each under the session's policy.

    User info of the URL becomes Basic auth. Credentials stay with their host; a redirected POST
    becomes a GET where browsers do so. With `https_only` plain http is for what the policy
    names. Raises OutboundError and nothing else, whatever the server does.
    """
    step = _Step.of(method.upper(), url, headers or {}, body)
    try:
        with session.gate.deadlines.within(limits.total_seconds):
            return await _follow(session, step, limits, https_only)
    except TimeoutError as error:
        values = {"host": step.place.host, "n": f"{limits.total_seconds:g}"}
        raise TimedOut(_LATE % values) from error


def check(policy: OutboundPolicy, url: str, *, https_only: bool = False) -> None:
    """Raise Refused for a URL that the policy forbids, as far as no look-up is needed."""
    gate.check(policy, _target(_Step.of("GET", url, {}, None), https_only))


class _Step(NamedTuple):
    """One request of a chain of redirects."""

    method: str
    place: Place
    headers: Mapping[str, str]
    body: bytes | None

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Self:
        try:
            return cls(method, Place.of(url), headers, body)
        except ValueError as error:
            raise Refused(str(error)) from error

    def as_bytes(self) -> bytes:
        return request_bytes(self.method, self.place, self._all_headers(), self.body)

    def onward(self, status: int, location: str) -> Self:
        """Return the next step of a redirect (RFC 9110, section 15.4)."""
        try:
            place = Place.of(urljoin(self.place.url, location))
        except ValueError as error:
            values = {"host": self.place.host, "why": error}
            raise BadRedirect(_NOWHERE % values, status) from error
        step = self if _keeps_secrets(self.place, place) else self._without_secrets()
        user_info = place.user_info or step.place.user_info
        step = step._replace(place=place._replace(user_info=user_info))
        return step._as_get() if _becomes_get(status, self.method) else step

    def _all_headers(self) -> Mapping[str, str]:
        user_info = self.place.user_info
        if not user_info or any(name.lower() == "authorization" for name in self.headers):
            return self.headers
        return {**self.headers, "Authorization": _basic_auth(user_info)}

    def _without_secrets(self) -> Self:
        headers = _without(self.headers, _SECRET_HEADERS)
        return self._replace(place=self.place._replace(user_info=""), headers=headers)

    def _as_get(self) -> Self:
        headers = _without(self.headers, ("content-type", "content-encoding", "content-length"))
        return self._replace(method="GET", body=None, headers=headers)


async def _follow(session: Session, step: _Step, limits: Limits, https_only: bool) -> Response:
    hops: list[Hop] = []
    while True:
        answer = await _exchange(session, step, limits, https_only)
        location = answer.headers.get("location")
        if answer.status not in REDIRECTS or not location or not limits.max_redirects:
            return _response(step.place, answer, hops)
        if len(hops) == limits.max_redirects:
            values = {"host": step.place.host, "n": limits.max_redirects}
            raise BadRedirect(_TOO_OFTEN % values, answer.status)
        hops.append(Hop(step.place.url, answer.status))
        step = step.onward(answer.status, location)


async def _exchange(session: Session, step: _Step, limits: Limits, https_only: bool) -> Answer:
    request = step.as_bytes()
    answer = Answer(step.place.host, step.method, limits.max_bytes)
    connection = await session.gate.connect(_target(step, https_only), limits.connect_seconds)
    try:
        await connection.ask(request, answer)
    finally:
        session.gate.close(connection)
    if answer.error:
        raise answer.error
    return answer


def _response(place: Place, answer: Answer, hops: list[Hop]) -> Response:
    return Response(
        url=place.url,
        address=place.address,
        status=answer.status,
        headers=answer.headers,
        body=bytes(answer.body),
        hops=tuple(hops),
    )


def _target(step: _Step, https_only: bool) -> Target:
    return Target(step.place.scheme, step.place.host, step.place.port, https_only)


def _basic_auth(user_info: str) -> str:
    user, _, password = user_info.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def _keeps_secrets(old: Place, new: Place) -> bool:
    """Tell whether credentials may go along: same origin, or the same host upgraded to https."""
    is_upgrade = (old.scheme, old.port, new.scheme, new.port) == ("http", 80, "https", 443)
    same_origin = (old.scheme, old.port) == (new.scheme, new.port)
    return old.host == new.host and (same_origin or is_upgrade)


def _becomes_get(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _without(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}
