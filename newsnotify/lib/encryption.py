"""Texts that have to be read again, encrypted at rest: by the secret key, or by a former one.

Fernet (AES-128-CBC and HMAC-SHA256), its key derived by HKDF (RFC 5869) from SECRET_KEY for each
purpose, so that what was stored for one opens nothing elsewhere.
"""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class DecryptionError(ValueError):
    """This was not encrypted here, or by a secret key that has been forgotten."""


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt a text by the present secret key, into ASCII."""
    return _fernet(purpose).encrypt(text.encode()).decode("ascii")


def decrypt(token: str, *, purpose: str) -> str:
    """Read what `encrypt` wrote for the same purpose; raises DecryptionError."""
    try:
        return _fernet(purpose).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError(f"What is stored for {purpose!r} cannot be decrypted.") from error


def _fernet(purpose: str) -> MultiFernet:
    return _derived((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


@lru_cache(maxsize=32)
def _derived(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_key(key, purpose)) for key in keys])


def _key(secret: str, purpose: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"newsnotify {purpose}".encode())
    return base64.urlsafe_b64encode(made.derive(secret.encode()))


class EncryptedField(models.TextField[str, str]):
    """A text that is encrypted in the database alone. It cannot be searched for.

    Saving a row encrypts it by the present secret key, whichever had encrypted it before.
    """

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False})
        self.purpose = purpose

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, {**kwargs, "purpose": self.purpose}

    def from_db_value(
        self, value: str | None, expression: object, connection: BaseDatabaseWrapper
    ) -> str | None:
        return decrypt(value, purpose=self.purpose) if value else value

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value, purpose=self.purpose) if value else value
