"""A request, the redirects after it, and the bounds on what may come back."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import unquote_to_bytes, urljoin

import aiohttp
from yarl import URL

from newsnotify.lib import addresses, urls
from newsnotify.lib.outbound_policy import OutboundPolicy, Target

from .errors import BadRedirect, OutboundError, Refused, TimedOut, TooLarge, told_of
from .gate import Session, aimed_at

_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_ERROR_BODY_BYTES = 4096
_ERROR_BODY_SECONDS = 1.0


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
    step = _Step.of(method.upper(), url, dict(headers or {}), body)
    try:
        async with asyncio.timeout(limits.total_seconds):
            return await _follow(session, step, limits, https_only)
    except TimeoutError as error:
        late = f"{step.host} did not finish its answer within {limits.total_seconds:g} seconds."
        raise TimedOut(late) from error


def check(policy: OutboundPolicy, url: str, *, https_only: bool = False) -> None:
    """Raise Refused for a URL that the policy forbids, as far as no look-up is needed."""
    _check(policy, _target(_Step.of("GET", url, {}, None), https_only))


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a chain of redirects; `url` is as it is sent, so without user info."""

    method: str
    url: URL
    user_info: str
    headers: dict[str, str]
    body: bytes | None

    @classmethod
    def of(cls, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Self:
        try:
            bare, user_info = _split_user_info(urls.clean(url))
        except ValueError as error:
            raise Refused(str(error)) from error
        return cls(method, bare, user_info, headers, body)

    @property
    def host(self) -> str:
        return self.url.raw_host or ""

    @property
    def address(self) -> str:
        at = f"{self.user_info}@" if self.user_info else ""
        return str(self.url).replace("://", f"://{at}", 1)

    def all_headers(self) -> dict[str, str]:
        if not self.user_info or any(name.lower() == "authorization" for name in self.headers):
            return self.headers
        return {**self.headers, "Authorization": _basic_auth(self.user_info)}

    def onward(self, status: int, location: str) -> Self:
        """Return the next step of a redirect (RFC 9110, section 15.4)."""
        try:
            url, user_info = _split_user_info(urls.clean(urljoin(str(self.url), location)))
        except ValueError as error:
            reason = f"{self.host} redirects to what is no usable address. {error}"
            raise BadRedirect(reason, status) from error
        step = self if _keeps_secrets(self.url, url) else self._without_secrets()
        step = replace(step, url=url, user_info=user_info or step.user_info)
        return step._as_get() if _becomes_get(status, self.method) else step

    def _without_secrets(self) -> Self:
        return replace(self, user_info="", headers=_without(self.headers, _SECRET_HEADERS))

    def _as_get(self) -> Self:
        headers = _without(self.headers, ("content-type", "content-encoding", "content-length"))
        return replace(self, method="GET", body=None, headers=headers)


async def _follow(session: Session, step: _Step, limits: Limits, https_only: bool) -> Response:
    hops: list[Hop] = []
    while True:
        response = await _exchange(session, step, limits, https_only)
        location = response.headers.get("location")
        if response.status not in _REDIRECTS or not location or not limits.max_redirects:
            return replace(response, hops=tuple(hops))
        if len(hops) == limits.max_redirects:
            reason = f"{step.host} redirects more than {limits.max_redirects} times."
            raise BadRedirect(reason, response.status)
        hops.append(Hop(response.url, response.status))
        step = step.onward(response.status, location)


async def _exchange(session: Session, step: _Step, limits: Limits, https_only: bool) -> Response:
    target = _target(step, https_only)
    _check(session.policy, target)
    with told_of(step.host), aimed_at(target):
        async with session.http.request(
            step.method,
            step.url,
            headers=step.all_headers(),
            data=step.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(connect=limits.connect_seconds),
        ) as answer:
            return Response(
                url=str(step.url),
                address=step.address,
                status=answer.status,
                headers=_joined(answer),
                body=await _body(answer, step.host, limits),
            )


def _target(step: _Step, https_only: bool) -> Target:
    return Target(step.url.scheme, step.host, step.url.port or 0, https_only)


def _check(policy: OutboundPolicy, target: Target) -> None:
    address = addresses.literal(target.host)
    reason = policy.refusal(target, address) if address else policy.refusal_of_name(target)
    if reason:
        raise Refused(reason)


async def _body(answer: aiohttp.ClientResponse, host: str, limits: Limits) -> bytes:
    if answer.status in _REDIRECTS:
        return b""
    return await (_whole_body if answer.status < 300 else _error_body)(answer, host, limits)


async def _whole_body(answer: aiohttp.ClientResponse, host: str, limits: Limits) -> bytes:
    """Read a body as it is decoded, so that a bomb costs no more than the limit."""
    body = bytearray()
    with told_of(host, answer.status):
        async for piece in answer.content.iter_any():
            body += piece
            if len(body) > limits.max_bytes:
                raise TooLarge(f"{host} sent over {limits.max_bytes:,} bytes.", answer.status)
    return bytes(body)


async def _error_body(answer: aiohttp.ClientResponse, host: str, _: Limits) -> bytes:
    """Read the beginning of an error page; the status matters more than what goes wrong here."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_BODY_SECONDS):
            with told_of(host):
                while len(body) < _ERROR_BODY_BYTES and (piece := await answer.content.readany()):
                    body += piece
    except (OutboundError, TimeoutError):
        answer.close()
    return bytes(body[:_ERROR_BODY_BYTES])


def _joined(answer: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _split_user_info(url: str) -> tuple[URL, str]:
    scheme, rest = url.split("://", 1)
    authority, slash, path = rest.partition("/")
    user_info, _, host = authority.rpartition("@")
    # `encoded`: yarl would re-quote what urls.clean left as it was given.
    return URL(f"{scheme}://{host}{slash}{path}", encoded=True), user_info


def _basic_auth(user_info: str) -> str:
    user, _, password = user_info.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Basic {base64.b64encode(pair).decode('ascii')}"


def _keeps_secrets(old: URL, new: URL) -> bool:
    """Tell whether credentials may go along: same origin, or the same host upgraded to https."""
    is_upgrade = (old.scheme, old.port, new.scheme, new.port) == ("http", 80, "https", 443)
    same_origin = (old.scheme, old.port) == (new.scheme, new.port)
    return old.raw_host == new.raw_host and (same_origin or is_upgrade)


def _becomes_get(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _without(headers: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}
