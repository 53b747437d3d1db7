"""What `EMAIL_WEBHOOK_SECRET` and `_KEY` mean: how a mail service that calls us is known."""

from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from newsnotify.env import SettingError

SECRET, KEY = "EMAIL_WEBHOOK_SECRET", "EMAIL_WEBHOOK_KEY"
SERVICES = ("sendgrid", "mailgun", "postmark", "ses")
SHORTEST = 16
HIDDEN = "…"  # instead of a secret's value
_KEYS = {
    "sendgrid": "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY",
    "mailgun": "MAILGUN_WEBHOOK_SIGNING_KEY",
}


def service(email_url: str) -> str:
    """Name the mail service that carries letters, if any does."""
    scheme = urlsplit(email_url).scheme
    return scheme if scheme in SERVICES else ""


def path(name: str) -> str:
    return f"/webhooks/email/{name}"


def remedy(name: str) -> str:
    """Say what to set so that a service's callbacks are taken."""
    return f"set {KEY if name in _KEYS else SECRET}, and have {name} call {path(name)}"


def agreed(name: str, secret: str, key: str) -> dict[str, Any]:
    """Say to anymail by what a service's callbacks are known; nothing when none are taken.

    SendGrid and Mailgun sign them; Postmark and Amazon give the password alone. Raises
    SettingError.
    """
    for variable, value in ((SECRET, secret), (KEY, key)):
        if value and not name:
            raise SettingError(variable, HIDDEN, f"none, unless EMAIL_URL is {_either(SERVICES)}")
    if key and name not in _KEYS:
        raise SettingError(KEY, HIDDEN, f"none: {name} signs nothing, see {SECRET}")
    if secret and name == "mailgun" and not key:
        raise SettingError(KEY, "", f"Mailgun's HTTP webhook signing key, because {SECRET} is set")
    given: dict[str, Any] = {}
    if secret:
        given["WEBHOOK_SECRET"] = _secret(secret)
    if key:
        given[_KEYS[name]] = _public_key(key) if name == "sendgrid" else _signing_key(key)
    return given


def _secret(value: str) -> str:
    user, _colon, password = value.partition(":")
    is_plain = value.isascii() and value.isprintable() and " " not in value
    if not (user and is_plain and len(password) >= SHORTEST):
        expected = f"name:password, in ASCII, the password of at least {SHORTEST} characters"
        raise SettingError(SECRET, HIDDEN, expected)
    return value


def _public_key(value: str) -> str:
    """Read SendGrid's verification key: a public key of an elliptic curve in base64."""
    lines = (line for line in value.splitlines() if not line.startswith("-----"))
    text = "".join("".join(lines).split())
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----".encode()
    try:
        is_fit = isinstance(load_pem_public_key(pem), EllipticCurvePublicKey)
    except ValueError:
        is_fit = False
    if not is_fit:
        expected = "the verification key that SendGrid shows for its signed event webhook"
        raise SettingError(KEY, HIDDEN, expected)
    return text


def _signing_key(value: str) -> str:
    if not value.isascii():
        raise SettingError(KEY, HIDDEN, "Mailgun's HTTP webhook signing key")
    return value


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
