"""Secrets that have to be read again: encrypted at rest with what `SECRET_KEY` makes.

What a former key sealed (`SECRET_KEY_FALLBACKS`) is still read; what is sealed anew has the
present one.
"""

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealError(ValueError):
    """Neither the key nor a former one opens this."""


def seal(values: Mapping[str, Any]) -> str:
    """Encrypt a mapping of JSON values into a line of ASCII; nothing for an empty one."""
    return _keys().encrypt(orjson.dumps(values)).decode("ascii") if values else ""


def unseal(text: str) -> dict[str, Any]:
    """Read what `seal` made. Raises SealError."""
    if not text:
        return {}
    try:
        found: dict[str, Any] = orjson.loads(_keys().decrypt(text.encode("ascii")))
    except InvalidToken as error:
        raise SealError("Sealed with a key that is not among SECRET_KEY_FALLBACKS.") from error
    return found


def resealed(text: str) -> str:
    """Seal anew, with the present key, what a former one may have sealed. Raises SealError."""
    return seal(unseal(text))


def _keys() -> MultiFernet:
    return _made_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _made_of(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    made = HKDF(SHA256(), length=32, salt=None, info=b"newsnotify.lib.sealing").derive(
        secret.encode("utf-8")
    )
    return base64.urlsafe_b64encode(made)
