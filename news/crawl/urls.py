"""Addresses: made absolute and harmless, and brought to a form in which the same are equal."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

LONGEST_URL = 2000  # characters
# Absolute, and nothing to mend: so are most, and urllib takes ten times as long.
_PLAIN = re.compile(
    r"https?://(?:www\.)?([a-z0-9.-]+)((?:/[\w.~!$'()*+,:@%/-]*)?)(?:\?([\w.~!$&'()*+,:@%/?=-]+))?",
    re.A,
)
# Of a plain address, the host; and what only has to be put behind it.
_HOST = re.compile(r"https?://[a-z0-9.-]+(?=[/?]|\Z)")
_ROOTED = re.compile(
    r"/(?!/)(?:[\w~!$'()*+,:@%/-]|(?<!/)\.)*+(?:\?[\w.~!$&'()*+,:@%/?=-]++)?", re.A
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\"<>\\^`{|}]")
_DROPPED = re.compile(r"[\t\r\n]")
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid)", re.I)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute_url(url: str, *bases: str) -> str:
    """Resolve a reference against a chain of bases, the innermost last.

    Returns "" for everything that is not http(s), has no host, is longer than 2,000 characters or
    is empty. RFC 3986 §5; white space and delimiters inside are handled as browsers do.
    """
    if not url:
        return ""
    if _PLAIN.fullmatch(url) and len(url) <= LONGEST_URL:
        return url
    if bases and _ROOTED.fullmatch(url) and (host := _HOST.match(bases[-1])):
        return host[0] + url if len(host[0]) + len(url) <= LONGEST_URL else ""
    url = _DROPPED.sub("", url.strip())
    if not url:
        return ""
    try:
        base = _join(bases)
        joined = urlsplit(_UNSAFE.sub(_percent, urljoin(base, url) if base else url))
        is_web = joined.scheme in _DEFAULT_PORTS and bool(joined.hostname)
        absolute = urlunsplit(joined._replace(netloc=_lower_host(joined.netloc)))
    except ValueError:  # http://[x, a port that is no number
        return ""
    return absolute if is_web and len(absolute) <= LONGEST_URL else ""


def comparable_url(url: str) -> str:
    """Write an absolute address so that spellings of the same page are equal.

    Scheme, www., default port, slash at the end, fragment and tracking parameters do not count.
    """
    if match := _PLAIN.fullmatch(url):
        host, path, query = match.groups("")
    else:
        parts = urlsplit(url)
        host, path, query = (parts.hostname or "").removeprefix("www."), parts.path, parts.query
        if (port := _port(url)) and port != _DEFAULT_PORTS.get(parts.scheme):
            host = f"{host}:{port}"
    if query and _TRACKING.search(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([pair for pair in pairs if not _TRACKING.fullmatch(pair[0])])
    return f"{host}{path.rstrip('/')}?{query}"


def _lower_host(netloc: str) -> str:
    user, at, host = netloc.rpartition("@")
    return user + at + host.lower()


@lru_cache(maxsize=64)
def _join(bases: tuple[str, ...]) -> str:
    joined = ""
    for base in bases:
        joined = urljoin(joined, base) if base else joined
    return joined


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
