"""The mark on a letter by which a mail service's callbacks tell which one they are about.

Signed, since houses that share a service's account get each other's callbacks, and number their
letters alike. Services keep it as metadata: Postmark takes 80 characters of it, these are 70.
"""

from collections.abc import Mapping
from typing import Any

from django.core import signing

_NAME = "newsnotify"
_SALT = "notifications.letters"


def mark(letter_id: str) -> dict[str, str]:
    """Make the metadata of a letter."""
    return {_NAME: signing.Signer(salt=_SALT).sign(letter_id)}


def letter_of(metadata: Any) -> str:
    """Read which letter metadata is of; empty when it is none of ours."""
    text = metadata.get(_NAME) if isinstance(metadata, Mapping) else None
    try:
        return signing.Signer(salt=_SALT).unsign(text) if isinstance(text, str) else ""
    except signing.BadSignature:
        return ""
