"""Secrets in a mapping, encrypted at rest into one line of text."""

from collections.abc import Mapping
from typing import Any

import orjson

from newsnotify.lib.encryption import DecryptionError, decrypt, encrypt

PURPOSE = "sealing"


class SealError(ValueError):
    """Neither the key nor a former one opens this."""


def seal(values: Mapping[str, Any]) -> str:
    """Encrypt a mapping of JSON values into a line of ASCII; nothing for an empty one."""
    return encrypt(orjson.dumps(values).decode(), purpose=PURPOSE) if values else ""


def unseal(text: str) -> dict[str, Any]:
    """Read what `seal` made. Raises SealError."""
    if not text:
        return {}
    try:
        found: dict[str, Any] = orjson.loads(decrypt(text, purpose=PURPOSE))
    except DecryptionError as error:
        raise SealError("Sealed with a key that is not among SECRET_KEY_FALLBACKS.") from error
    return found


def resealed(text: str) -> str:
    """Seal anew, with the present key, what a former one may have sealed. Raises SealError."""
    return seal(unseal(text))
