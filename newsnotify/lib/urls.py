"""URLs, cleaned once before they are sent, and told to people without their secrets.

What is valid stays byte for byte as it was given: some servers sign the query, and re-quoting
`%2C` as `,` would break the signature.
"""

import re
from urllib.parse import SplitResult, quote, urlsplit

import idna

from newsnotify.lib.sentences import gettext_noop

from . import addresses

UNREADABLE = gettext_noop("The URL cannot be read; expected one like https://example.org/")
_NO_WEB = gettext_noop("This is not a web address; it must begin with https:// or http://")
_NO_ADDRESS = gettext_noop("'%(name)s' is not an address.")
_NO_HOST = gettext_noop("'%(name)s' is not a host name; expected one like example.org.")
_MISSPELT = gettext_noop("'%(name)s' is not a host name; check its spelling.")

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# What the WHATWG URL standard leaves alone in a path and in a query (sections 1.3 and 4.4).
_PATH_SAFE = "!$%&'()*+,-./:;=@[]_|~"
_QUERY_SAFE = _PATH_SAFE + "?\\^`{}"
# What is surely clean already: most URLs are stored so, and asked for again and again. What this
# cannot tell at a glance goes the long way: dots after a slash, other ports, odd addresses.
_CLEAN = re.compile(
    r"https?://(?=[^/]{1,200}/)"
    rf"(?:(?:[a-z0-9_-]{{1,63}}\.)*[a-z][a-z0-9_-]{{0,62}}|{addresses.IPV4})"
    r"(?::[1-5][0-9]{3,4})?"
    rf"(?:/(?!\.)[{re.escape(_PATH_SAFE.replace('/', ''))}a-zA-Z0-9]*)+"
    rf"(?:\?[{re.escape(_QUERY_SAFE)}a-zA-Z0-9]+)?"
)


def clean(url: str) -> str:
    """Return an http(s) URL in the one spelling that we store, compare and send.

    Lower-case scheme and host, IDNA, addresses in their usual form, no default port, no dot
    segments, no fragment. Raises ValueError with a sentence for people.
    """
    return url if _CLEAN.fullmatch(url) else _cleaned(url)


def redact(url: str) -> str:
    """Return a URL as it may be shown: without user info, query and fragment. Never raises."""
    try:
        parts = urlsplit(clean(url))
    except ValueError:
        return "(an unreadable URL)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def host(name: str) -> str:
    """Return a host as it is looked up: a lower-case ASCII name, or an address (IPv6 in []).

    Raises ValueError with a sentence for people.
    """
    name = _ascii(name).lower().removesuffix(".")
    try:
        address = addresses.literal(name)
    except ValueError as error:
        raise ValueError(_NO_ADDRESS % {"name": repr(name[:100])[1:-1]}) from error
    if address is not None:
        return f"[{address}]" if address.version == 6 else str(address)
    if not _HOST.fullmatch(name):
        raise ValueError(_NO_HOST % {"name": repr(name[:100])[1:-1]})
    return name


def _cleaned(url: str) -> str:
    parts = _split(url.strip())
    user_info, at, _ = parts.netloc.rpartition("@")
    path = quote(_without_dots(parts.path), safe=_PATH_SAFE, errors="surrogateescape")
    query = quote(parts.query, safe=_QUERY_SAFE, errors="surrogateescape")
    user = quote(user_info, safe="!$%&'()*+,;=:~", errors="surrogateescape")
    authority = f"{user}{at}{host(parts.hostname or '')}{_port(parts)}"
    return f"{parts.scheme}://{authority}{path}{'?' * bool(query)}{query}"


def _split(url: str) -> SplitResult:
    try:
        # Header bytes that are no UTF-8 arrive as surrogate escapes; other surrogates are no text.
        url.encode("utf-8", "surrogateescape")
        parts = urlsplit(url)
        _ = parts.port  # read here because it raises only when read
    except ValueError as error:
        raise ValueError(UNREADABLE) from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(_NO_WEB)
    return parts


def _port(parts: SplitResult) -> str:
    default = DEFAULT_PORTS[parts.scheme]
    return "" if parts.port in (None, default) else f":{parts.port}"


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise ValueError(_MISSPELT % {"name": repr(name[:100])[1:-1]}) from error


def _without_dots(path: str) -> str:
    """Remove `.` and `..` (RFC 3986, section 5.2.4); an empty path is `/`."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends_in_dots = segments[-1] in (".", "..")
    return "/" + "/".join([*kept, ""] if ends_in_dots else kept)
