"""Hide what opens doors: tokens, keys, passwords, cookies, and all of a URL but its host.

A webhook's or a chat's whole path is its secret, and no pattern tells it from a feed's; rows
have the URL, their ids are logged.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"

_NAME = (
    r"[\w-]*(?:password|passwd|secret|token|ticket|authorization|cookie|sessionid|session_key"
    r"|credential|(?:api|private|signing)[_-]?key)[\w-]*"
)
_IS_SECRET = re.compile(_NAME, re.IGNORECASE)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_URL = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]*)://([^\s\"'<>]+)")
_HOST_AND_PORT = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[^:]*)(?::\d*)?")
_RULES = (
    (re.compile(r"(/[\w./%~-]*)\?[^\s\"'<>]+"), r"\1?…"),
    (re.compile(r"(?i)\b((?:set-)?cookie\s*:\s*)(?![\"'])[^\r\n]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|api-key)(\s+)[\w.~+/=-]{6,}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\bnn_\d+_[\w-]{8,}|\bwhsec_[\w+/=-]+"), HIDDEN),
    (re.compile(r"\b(argon2|bcrypt|bcrypt_sha256|pbkdf2_\w+|scrypt|md5)\$\S+"), rf"\1${HIDDEN}"),
    (
        re.compile(rf"(?i)\b({_NAME}[\"']?\s*[:=]\s*)(?!\[hidden|bearer\b|basic\b|api-key\b)"
                   rf"(?:{_QUOTED}|[^\s,;&\"')\]}}]+)"),
        rf"\1{HIDDEN}",
    ),
)  # fmt: skip


def redact(text: str) -> str:
    """Return a text as it may be logged."""
    text = _URL.sub(_only_host, text)
    for pattern, shown in _RULES:
        text = pattern.sub(shown, text)
    return text


def hiding(secrets: Iterable[str]) -> Callable[[str], str]:
    """Make what hides these very secrets, wherever in a line of text or JSON they stand."""
    odd = list(filter(_is_odd, secrets))
    forms = sorted({*odd, *(json.dumps(secret)[1:-1] for secret in odd)}, key=len, reverse=True)

    def hide(line: str) -> str:
        for form in forms:
            line = line.replace(form, HIDDEN)
        return line

    return hide


def _is_odd(secret: str) -> bool:
    """Tell whether it is no word: a password such as "newsnotify" would take half of each line."""
    return len(secret) >= (16 if secret.isalpha() else 8)


def redact_value(value: Any, name: str = "") -> Any:
    """Return a field as it may be logged: numbers as they are, anything else as redacted text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if name and _IS_SECRET.fullmatch(name):
        return HIDDEN
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): redact_value(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(each) for each in value]
    return redact(value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value))


def _only_host(match: re.Match[str]) -> str:
    scheme, rest = match.groups()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and "@" in rest and not _HOST_AND_PORT.fullmatch(authority):
        return f"{scheme}://…"  # a password with a slash in it
    host = authority.rpartition("@")[2]
    has_more = len(rest.rstrip("/.,;:)]")) > len(authority)
    return f"{scheme}://{host}{'/…' if has_more else rest[len(authority) :]}"
