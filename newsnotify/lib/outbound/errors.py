"""The exceptions of guarded HTTP, and why no connection came, in words for people."""

import os
import ssl

from newsnotify.lib.sentences import gettext_noop

_LATE = gettext_noop("%(host)s did not accept a connection in time.")
_NO_CERTIFICATE = gettext_noop("%(host)s has no valid certificate.")
_BAD_CERTIFICATE = gettext_noop("%(host)s has no valid certificate: %(said)s.")
_NO_TLS = gettext_noop("%(host)s does not speak TLS with us.")
_BAD_TLS = gettext_noop("%(host)s does not speak TLS with us: %(said)s.")
_AWAY = gettext_noop("%(host)s cannot be reached.")
_NO_WAY = gettext_noop("%(host)s cannot be reached: %(said)s.")
_AT_PORT = gettext_noop("%(said)s (port %(port)s)")
# What systems say most often.
gettext_noop("Connection refused")
gettext_noop("No route to host")
gettext_noop("Network is unreachable")
gettext_noop("Connection reset by peer")


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


def unreachable(host: str, port: int, error: OSError) -> Unreachable:
    """Tell why nobody could be connected to; never at which address it was tried."""
    if isinstance(error, TimeoutError):
        return Unreachable(_LATE % {"host": host})
    if isinstance(error, ssl.SSLCertVerificationError):
        return _because(_BAD_CERTIFICATE, _NO_CERTIFICATE, host, error.verify_message)
    if isinstance(error, ssl.SSLError):
        return _because(_BAD_TLS, _NO_TLS, host, error.strerror)
    said = _AT_PORT % {"said": os.strerror(error.errno), "port": port} if error.errno else ""
    return _because(_NO_WAY, _AWAY, host, said)


def _because(because: str, plain: str, host: str, said: str | None) -> Unreachable:
    """Add what the system says, where it helps: `Connection refused`."""
    return Unreachable(because % {"host": host, "said": said} if said else plain % {"host": host})
