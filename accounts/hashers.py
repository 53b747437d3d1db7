"""Hashes that other systems made."""

from typing import Any

from django.contrib.auth.hashers import BCryptPasswordHasher

BCRYPT_BYTES = 72


class BCryptHasher(BCryptPasswordHasher):
    """bcrypt, which looks at 72 bytes of a password; its library refuses longer ones by now."""

    def encode(self, password: str, salt: bytes) -> str:  # type: ignore[override] # bytes it is
        cut = password.encode()[:BCRYPT_BYTES]
        library: Any = self._load_library()  # type: ignore[attr-defined] # the stubs lack it
        return f"{self.algorithm}${library.hashpw(cut, salt).decode('ascii')}"
