"""Read settings from the environment, from `.env`, and from files named by `NAME_FILE`.

Every reader takes the variable's name and its default, and raises `SettingError` with the
variable, the value it has and what would be right. An empty variable counts as unset.
"""

import os
import re
from collections.abc import Callable, Collection, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=(.*)$")
_QUOTED = re.compile(r"""^\s*(["'])(.*)\1\s*(?:\s#.*)?$""")
_COMMENT = re.compile(r"\s#.*$")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*:/*)(.*)$", re.IGNORECASE | re.DOTALL)
_LONG = re.compile(r"[\w=+-]{20,}")
_SERVICES = {"sendgrid", "mailgun", "postmark"}
_IS_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class SettingError(ImproperlyConfigured):
    """A variable has a value that cannot be meant; the message says what would be right."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        found = f"{_without_secret(value)!r} is not usable" if value else "not set"
        super().__init__(f"{name}: {found}; expected {expected}")


def _without_secret(value: str) -> str:
    """Hide what in a URL may be secret: user info, query, and what is long enough for a key."""
    if "@" not in value and "://" not in value:
        return value
    match = _SCHEME.match(value)
    scheme, rest = match.groups() if match else ("", value)
    user_info, at, place = rest.rpartition("@")
    if "?" in user_info:  # is the @ part of the password, or of the query?
        return f"{scheme}…"
    place, mark, _ = place.partition("?")
    return f"{scheme}{'…@' if at else ''}{_LONG.sub('…', place)}{'?…' if mark else ''}"


def parse_dotenv(text: str) -> dict[str, str]:
    """Read `NAME=value` lines. A `#` after a space begins a comment, but not in quotes."""
    matches = (_LINE.match(line) for line in text.splitlines())
    return {match[1]: _value(match[2]) for match in matches if match}


def _value(text: str) -> str:
    quoted = _QUOTED.match(text)
    return quoted[2] if quoted else _COMMENT.sub("", text).strip()


class Env:
    """The environment, with `.env` below it."""

    def __init__(self, environ: Mapping[str, str], dotenv: Path | None = None) -> None:
        from_file = parse_dotenv(_read(dotenv, "ENV_FILE")) if dotenv and dotenv.is_file() else {}
        self._values = {**from_file, **environ}
        self._texts: dict[str, str] = {}

    @classmethod
    def here(cls, base: Path) -> "Env":
        """The process's own environment; `ENV_FILE` names another file than `base/.env`."""
        return cls(os.environ, Path(os.environ.get("ENV_FILE", base / ".env")))

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name, "").strip()
        if not value and (path := self._values.get(f"{name}_FILE", "").strip()):
            value = _read(Path(path), f"{name}_FILE").strip()
        if value:
            self._texts[name] = value
        return value or default

    def secrets(self) -> set[str]:
        """List what of all that was read opens doors: keys, tokens, passwords, also in URLs."""
        found: set[str] = set()
        for name, value in self._texts.items():
            if "://" in value:
                found |= _secrets_of_url(value)
            elif _IS_SECRET.search(name) and not name.endswith("_FILE"):
                found |= {item.strip() for item in value.split(",")}
        return found - {""}

    def parsed(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        """Read by `parse`, whose `ValueError` becomes a `SettingError`."""
        value = self.text(name)
        if not value:
            return default
        try:
            return parse(value)
        except ValueError as error:
            raise SettingError(name, value, expected) from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        def parse(value: str) -> bool:
            if value.lower() not in _TRUE | _FALSE:
                raise ValueError(value)
            return value.lower() in _TRUE

        return self.parsed(name, default, parse, "1 or 0")

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        def parse(value: str) -> int:
            if not least <= int(value) <= most:
                raise ValueError(value)
            return int(value)

        expected = f"a whole number of at least {least}"
        if most < 2**31:
            expected = f"a whole number from {least} to {most}"
        return self.parsed(name, default, parse, expected)

    def choice(self, name: str, default: str, choices: set[str]) -> str:
        value = self.text(name, default).lower()
        if value not in choices:
            raise SettingError(name, value, f"one of {', '.join(sorted(choices))}")
        return value

    def items(self, name: str, default: list[str]) -> list[str]:
        """Read a comma-separated list."""
        value = self.text(name)
        return [item.strip() for item in value.split(",") if item.strip()] if value else default

    def url(
        self,
        name: str,
        default: str,
        schemes: set[str],
        example: str,
        bare: frozenset[str] | set[str] = frozenset({"mailto"}),
    ) -> str:
        """Read a URL of one of `schemes`, those that are `bare` without a host; kept as text."""
        value = self.text(name, default)
        if value and not _is_url(value, schemes, bare):
            raise SettingError(name, value, example)
        return value

    def origins(self, name: str, default: list[str]) -> list[str]:
        """Read a comma-separated list of origins (RFC 6454)."""
        found = self.items(name, default)
        for origin in found:
            if not _is_url(origin, {"http", "https"}) or origin.count("/") > 2:
                raise SettingError(name, origin, "origins such as https://news.example.org")
        return found

    def address(self, name: str, default: str) -> str:
        """Read an e-mail address, with or without the name of its owner."""
        value = self.text(name)
        if value and ("@" not in parseaddr(value)[1] or "\n" in value):
            raise SettingError(name, value, "an address such as NewsNotify <news@example.org>")
        return value or default

    def together(self, *names: str) -> None:
        """Insist that of variables which mean nothing alone all are set, or none."""
        given = [name for name in names if self.text(name)]
        missing = [name for name in names if name not in given]
        if given and missing:
            raise SettingError(missing[0], "", f"a value, because {given[0]} has one")

    def path(self, name: str) -> Path | None:
        """Read the path of a file that has to exist."""
        value = self.text(name)
        if value and not Path(value).is_file():
            raise SettingError(name, value, "the path of an existing file")
        return Path(value) if value else None


def _secrets_of_url(url: str) -> set[str]:
    """List its password and secret options; mail services have a key for a user or a host."""
    parts = urlsplit(url)
    key = parts.netloc.partition("@")[0] if parts.scheme in _SERVICES else ""
    options = [value for name, value in parse_qsl(parts.query) if _IS_SECRET.search(name)]
    password = parts.password or ""
    return {key, password, unquote(password), *options}


def _is_url(value: str, schemes: set[str], bare: Collection[str] = ()) -> bool:
    try:
        parts = urlsplit(value)
        has_place = bool(parts.hostname) or parts.scheme in bare
        return parts.scheme in schemes and has_place and parts.port != 0
    except ValueError:
        return False


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        expected = f"the path of a readable file ({reason})"
        raise SettingError(name, str(path), expected) from error
