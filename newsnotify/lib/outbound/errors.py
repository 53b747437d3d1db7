"""The exceptions of guarded HTTP, and what aiohttp's mean in words for people."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError


class OutboundError(Exception):
    """Why no response came; `status` when the server had already answered with one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class Refused(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """Our policy says no; nothing was sent there."""


class Unreachable(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """No connection: DNS, connect, TLS."""


class TimedOut(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """Connected, but the answer was not whole in time."""


class BadAnswer(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """It breaks off, is not HTTP or cannot be decoded."""


class BadRedirect(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """To no usable address, or once too often."""


class TooLarge(OutboundError):  # noqa: N818 named for what happened, as in httpx
    """The decoded body passed the limit."""


# The first that fits; aiohttp derives nearly all of these from one another.
_MEANINGS: tuple[tuple[type[Exception], type[OutboundError], str], ...] = (
    (TimeoutError, Unreachable, "{} did not accept a connection in time."),
    (aiohttp.ClientConnectorDNSError, Unreachable, "{} is not known to the DNS; check its name."),
    (aiohttp.ClientConnectorCertificateError, Unreachable, "{} has no valid certificate{}."),
    (aiohttp.ClientConnectorSSLError, Unreachable, "{} does not speak TLS with us{}."),
    (aiohttp.ClientConnectorError, Unreachable, "{} cannot be reached{}."),
    (aiohttp.ServerDisconnectedError, BadAnswer, "{} hung up before it had answered."),
    (aiohttp.ClientPayloadError, BadAnswer, "The answer of {} breaks off or cannot be decoded."),
    (OSError, BadAnswer, "{} broke off the connection."),
    (aiohttp.ClientError, BadAnswer, "{} does not answer in proper HTTP."),
    (HttpProcessingError, BadAnswer, "{} does not answer in proper HTTP."),
    (zlib.error, BadAnswer, "The answer of {} breaks off or cannot be decoded."),
    (ValueError, BadAnswer, "{} does not answer in proper HTTP."),
)
_CAUSES: tuple[type[Exception], ...] = tuple(cause for cause, _, _ in _MEANINGS)


@contextmanager
def told_of(host: str, status: int | None = None) -> Iterator[None]:
    """Raise what aiohttp raises inside as an OutboundError that names the host."""
    try:
        yield
    except _CAUSES as error:
        kind, sentence = _meaning(error)
        raise kind(sentence.format(host, _detail(error)), status) from error


def _meaning(error: Exception) -> tuple[type[OutboundError], str]:
    for cause, kind, sentence in _MEANINGS:
        if isinstance(error, cause):
            return kind, sentence
    raise error


def _detail(error: Exception) -> str:
    """Return what the system says, where it helps: `: Connection refused`."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        said = getattr(error.certificate_error, "verify_message", "")
    else:
        said = getattr(error, "strerror", None) or ""
    return f": {said}" if said else ""
