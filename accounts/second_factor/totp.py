"""Codes of authenticator apps: RFC 6238 with what every app can do, SHA-1, 6 digits, 30 s."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

PERIOD_SECONDS = 30
DIGITS = 6
TOLERATED_STEPS = 1  # for clocks that differ, and for who types slowly (section 5.2)
SERVICE = "NewsNotify"


def new_secret() -> str:
    """Make a secret of 160 bits, as RFC 4226 recommends, in base32, as apps want it."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def step_at(moment: datetime) -> int:
    return int(moment.timestamp()) // PERIOD_SECONDS


def code(secret: str, step: int) -> str:
    """Give the code of a time step (RFC 4226, section 5.3)."""
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 0xF
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, text: str, moment: datetime) -> int | None:
    """Tell which time step around a moment a code is of, if any."""
    here = step_at(moment)
    steps = range(here - TOLERATED_STEPS, here + TOLERATED_STEPS + 1)
    good = [step for step in steps if hmac.compare_digest(code(secret, step), text)]
    return max(good, default=None)


def uri(secret: str, account: str) -> str:
    """Write what a QR code for apps says."""
    query = urlencode({"secret": secret, "issuer": SERVICE})
    return f"otpauth://totp/{quote(f'{SERVICE}:{account}')}?{query}"
