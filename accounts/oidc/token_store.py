"""The provider's tokens: encrypted in the cache, for an hour at most, and nowhere else.

Nothing depends on them. With them the provider signs somebody out without asking again.
"""

import json
import secrets
from typing import Any

from django.core.cache import cache

from newsnotify.lib.encryption import DecryptionError, decrypt, encrypt

LIVES_SECONDS = 3600
PURPOSE = "provider's tokens"


def put(tokens: dict[str, Any]) -> str:
    """Keep tokens. Returns the name by which they are found again."""
    name = secrets.token_urlsafe(16)
    cache.set(_key(name), encrypt(json.dumps(tokens), purpose=PURPOSE), LIVES_SECONDS)
    return name


def take(name: str) -> dict[str, Any]:
    """Give tokens and forget them; none when they are over, or the cache was emptied."""
    found = cache.get(_key(name))
    cache.delete(_key(name))
    try:
        tokens: dict[str, Any] = json.loads(decrypt(found or "", purpose=PURPOSE))
    except DecryptionError:
        return {}
    return tokens


def _key(name: str) -> str:
    return f"oidc:{name}"
