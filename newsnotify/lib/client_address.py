"""Whose request this is, when proxies stand in front: `TRUSTED_PROXIES` says how many."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from newsnotify.lib.addresses import plain


def client_address(request: HttpRequest) -> str:
    """Return the client's address in its plain spelling; `""` on a socket without one."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return counted(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES)


def counted(peer: str, forwarded: str, proxies: int) -> str:
    """Count `proxies` steps back from `peer` through the value of X-Forwarded-For.

    Every proxy adds its caller on the right, so what a client wrote there itself lies further
    left than anybody counts. What is no address, or is missing, leaves the peer.
    """
    if not proxies:
        return _normal(peer) or peer
    entries = [entry for entry in map(str.strip, forwarded.split(",")) if entry]
    chain = [*entries, peer]
    return _normal(chain[-min(proxies + 1, len(chain))]) or _normal(peer) or peer


def _normal(text: str) -> str:
    """Spell an address in one way, without port, brackets and zone; `""` for anything else."""
    for candidate in (text, text.rpartition(":")[0]):  # as it is, then without a port
        try:
            return str(plain(ip_address(candidate.removeprefix("[").removesuffix("]"))))
        except ValueError:
            continue
    return ""
