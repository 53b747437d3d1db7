"""Signed tokens: made by the secret key, read by it and by its former ones."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken


class ManyKeysBackend(TokenBackend):
    """Takes one algorithm only, whatever a token's header names (RFC 8725, section 3.1)."""

    def __init__(self, key: str, former: Sequence[str]) -> None:
        names = {"audience": "AUDIENCE", "issuer": "ISSUER", "algorithm": "ALGORITHM"}
        given: dict[str, Any] = {name: settings.SIMPLE_JWT[at] for name, at in names.items()}
        super().__init__(signing_key=key, **given)
        self.former = [TokenBackend(signing_key=each, **given) for each in former]

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify)
        except TokenBackendExpiredToken:
            raise
        except TokenBackendError as error:
            for backend in self.former:
                try:
                    return backend.decode(token, verify)
                except TokenBackendError:
                    continue
            raise error


@lru_cache(maxsize=4)
def _backend(key: str, former: tuple[str, ...]) -> ManyKeysBackend:
    return ManyKeysBackend(key, former)


class _ManyKeys:
    @property
    def token_backend(self) -> TokenBackend:
        return _backend(settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


class AccessToken(_ManyKeys, tokens.AccessToken):
    pass


class RefreshToken(_ManyKeys, tokens.RefreshToken):  # type: ignore[misc] # the library's two bases
    access_token_class = AccessToken
