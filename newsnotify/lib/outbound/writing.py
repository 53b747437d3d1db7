"""A request as the bytes that are sent (RFC 9112, sections 2 to 6)."""

import re
from collections.abc import Mapping

from .errors import Refused
from .place import Place

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# They say where a request ends and what we can read, which is not the caller's to decide.
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def request_bytes(
    method: str, place: Place, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """Write a request. Raises Refused where a header could end its line and begin another."""
    if not _TOKEN.fullmatch(method):
        raise Refused(f"{method[:20]!r} is no method of HTTP.")
    lines = [
        f"{method} {place.path} HTTP/1.1\r\nHost: {place.authority}\r\n"
        "Accept-Encoding: gzip, deflate\r\nConnection: close\r\n"
    ]
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise Refused(f"The header {name[:100]!r} cannot be sent; check its characters.")
        if name.lower() not in _OURS:
            lines.append(f"{name}: {value}\r\n")
    if body is not None or method in _WITH_BODY:
        lines.append(f"Content-Length: {len(body or b'')}\r\n")
    lines.append("\r\n")
    try:
        # Bytes that are no UTF-8 came to us as surrogate escapes, and go back as they came.
        return "".join(lines).encode("utf-8", "surrogateescape") + (body or b"")
    except UnicodeEncodeError as error:
        raise Refused("A header cannot be sent; check its characters.") from error
