"""A request as the bytes that are sent (RFC 9112, sections 2 to 6)."""

import functools
import re
from collections.abc import Mapping

from newsnotify.lib.sentences import gettext_noop

from .errors import Refused
from .place import Place

_NO_METHOD = gettext_noop("'%(method)s' is no method of HTTP.")
_BAD_HEADER = gettext_noop("The header '%(name)s' cannot be sent; check its characters.")
_BAD_HEADERS = gettext_noop("A header cannot be sent; check its characters.")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# They say where a request ends and what we can read, which is not the caller's to decide.
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def request_bytes(
    method: str, place: Place, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """Write a request. Raises Refused where a header could end its line and begin another."""
    names = _sent(method, tuple(headers))
    values = "".join(headers.values())
    if not values.isprintable() and _CONTROL.search(values):
        raise _unsendable(next(name for name in headers if _CONTROL.search(headers[name])))
    lines = [
        f"{method} {place.path} HTTP/1.1\r\nHost: {place.authority}\r\n"
        "Accept-Encoding: gzip, deflate\r\nConnection: close\r\n",
        *[f"{name}: {headers[name]}\r\n" for name in names],
    ]
    if body is not None or method in _WITH_BODY:
        lines.append(f"Content-Length: {len(body or b'')}\r\n")
    lines.append("\r\n")
    try:
        # Bytes that are no UTF-8 came to us as surrogate escapes, and go back as they came.
        return "".join(lines).encode("utf-8", "surrogateescape") + (body or b"")
    except UnicodeEncodeError as error:
        raise Refused(_BAD_HEADERS) from error


@functools.lru_cache(128)  # every caller has its few
def _sent(method: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the headers that are sent as they are given."""
    if not _TOKEN.fullmatch(method):
        raise Refused(_NO_METHOD % {"method": repr(method[:20])[1:-1]})
    for name in names:
        if not _TOKEN.fullmatch(name):
            raise _unsendable(name)
    return tuple(name for name in names if name.lower() not in _OURS)


def _unsendable(name: str) -> Refused:
    return Refused(_BAD_HEADER % {"name": repr(name[:100])[1:-1]})
