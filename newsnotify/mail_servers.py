"""What `EMAIL_URL` means."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

EXAMPLE = (
    "smtp://user:password@host:587, smtps://…, console://, sendgrid://KEY, "
    "mailgun://KEY@domain, postmark://TOKEN or ses://KEY:SECRET@region, for which "
    "requirements-ses.txt has to be installed"
)
PORTS = {"smtp": 587, "smtps": 465}
_DJANGO = "django.core.mail.backends.{}.EmailBackend"
_BACKENDS = {
    "": _DJANGO.format("filebased"),
    "console": _DJANGO.format("console"),
    "smtp": _DJANGO.format("smtp"),
    "smtps": _DJANGO.format("smtp"),
    "sendgrid": "anymail.backends.sendgrid.EmailBackend",
    "mailgun": "anymail.backends.mailgun.EmailBackend",
    "postmark": "anymail.backends.postmark.EmailBackend",
    "ses": "anymail.backends.amazon_ses.EmailBackend",
}
SERVICE_SECONDS = (5, 15)  # to connect, and for an answer
_HERE = {"localhost", "127.0.0.1", "::1"}
_ANSWERS = {"1": True, "0": False}


@dataclass(frozen=True)
class MailServer:
    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    is_tls: bool = False  # from the first byte
    is_starttls: bool = False
    service: dict[str, Any] = field(default_factory=dict)  # what anymail is told


def server(url: str) -> MailServer:
    """Read an `EMAIL_URL`; none at all means files. Raises ValueError.

    A password goes to another machine in TLS only: `smtp` with a user insists on STARTTLS there,
    `?starttls=1` and `0` say otherwise.
    """
    parts = urlsplit(url)
    backend = _BACKENDS[parts.scheme]
    if parts.scheme not in PORTS:
        return MailServer(backend, service=_service(parts))
    host = parts.hostname or ""
    return MailServer(
        backend,
        host=host,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=parts.scheme == "smtps",
        is_starttls=parts.scheme == "smtp"
        and _starttls(parts.query, default=bool(parts.username) and host not in _HERE),
    )


def _service(parts: SplitResult) -> dict[str, Any]:
    """Say to anymail whose customer we are; a key stands where URLs have a user or a host."""
    read = _READERS.get(parts.scheme)
    if read is None:
        return {}
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if set(options) - {"region"}:
        raise ValueError(parts.query)
    user_info, _at, place = parts.netloc.rpartition("@")
    given = read(unquote(user_info), unquote(place), options.get("region", ""))
    return {**given, "REQUESTS_TIMEOUT": SERVICE_SECONDS}


def _sendgrid(user: str, place: str, region: str) -> dict[str, Any]:
    given = {"SENDGRID_API_KEY": user or place}
    if _is_europe(region):
        given["SENDGRID_API_URL"] = "https://api.eu.sendgrid.com/v3/"
    return given


def _mailgun(user: str, place: str, region: str) -> dict[str, Any]:
    if not user:
        raise ValueError("no domain")
    given = {"MAILGUN_API_KEY": user, "MAILGUN_SENDER_DOMAIN": place}
    if _is_europe(region):
        given["MAILGUN_API_URL"] = "https://api.eu.mailgun.net/v3"
    return given


def _postmark(user: str, place: str, region: str) -> dict[str, Any]:
    if region:
        raise ValueError(region)
    return {"POSTMARK_SERVER_TOKEN": user or place}


def _ses(user: str, place: str, region: str) -> dict[str, Any]:
    """Read `ses://KEY:SECRET@region`; what is left out boto3 finds where it always does."""
    if find_spec("boto3") is None:
        raise ValueError("boto3 is not installed")
    key, _colon, secret = user.partition(":")
    given = {
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "region_name": region or place,
    }
    params = {name: value for name, value in given.items() if value}
    return {"AMAZON_SES_CLIENT_PARAMS": params}


def _is_europe(region: str) -> bool:
    if region not in {"", "eu"}:
        raise ValueError(region)
    return region == "eu"


_READERS: dict[str, Callable[[str, str, str], dict[str, Any]]] = {
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "ses": _ses,
}


def _starttls(query: str, *, default: bool) -> bool:
    options = dict(parse_qsl(query, strict_parsing=bool(query)))
    answer = options.pop("starttls", "1" if default else "0")
    if options or answer not in _ANSWERS:
        raise ValueError(query)
    return _ANSWERS[answer]
