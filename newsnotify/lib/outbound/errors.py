"""The exceptions of guarded HTTP, and why no connection came, in words for people."""

import os
import ssl


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
        return Unreachable(f"{host} did not accept a connection in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"{host} has no valid certificate{_detail(error.verify_message)}.")
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{host} does not speak TLS with us{_detail(error.strerror)}.")
    said = f"{os.strerror(error.errno)} (port {port})" if error.errno else ""
    return Unreachable(f"{host} cannot be reached{_detail(said)}.")


def _detail(said: str | None) -> str:
    """Return what the system says, where it helps: `: Connection refused`."""
    return f": {said}" if said else ""
