"""What `EMAIL_URL` means."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

EXAMPLE = (
    "smtp://user:password@host:587, smtps://…, console://, sendgrid://KEY, "
    "mailgun://KEY@domain, postmark://TOKEN or ses://…"
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


def server(url: str) -> MailServer:
    """Read an `EMAIL_URL`; none at all means files. Raises ValueError.

    A password goes to another machine in TLS only: `smtp` with a user insists on STARTTLS there,
    `?starttls=1` and `0` say otherwise.
    """
    parts = urlsplit(url)
    backend = _BACKENDS[parts.scheme]
    if parts.scheme not in PORTS:
        return MailServer(backend)
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


def _starttls(query: str, *, default: bool) -> bool:
    options = dict(parse_qsl(query, strict_parsing=bool(query)))
    answer = options.pop("starttls", "1" if default else "0")
    if options or answer not in _ANSWERS:
        raise ValueError(query)
    return _ANSWERS[answer]
