"""Addresses: made absolute and harmless, and brought to a form in which the same are equal."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

LONGEST_URL = 2000  # characters
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\"<>\\^`{|}]")
_DROPPED = re.compile(r"[\t\r\n]")
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid)", re.I)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute_url(url: str, *bases: str) -> str:
    """Resolve a reference against a chain of bases, the innermost last.

    Returns "" for everything that is not http(s), has no host, is longer than 2,000 characters or
    is empty. RFC 3986 §5; white space and delimiters inside are handled as browsers do.
    """
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
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if (port := _port(url)) and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = parts.query
    if _TRACKING.search(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([pair for pair in pairs if not _TRACKING.fullmatch(pair[0])])
    return f"{host}{parts.path.rstrip('/')}?{query}"


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
