"""What `REDIS_URL` means besides the broker: a cache and a channel layer, else in memory."""

from typing import Any


def cache(url: str) -> dict[str, Any]:
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "newsnotify.lib.cache.ForgivingCache",
        "LOCATION": url,
        "KEY_PREFIX": "newsnotify",
    }


def channel_layer(url: str) -> dict[str, Any]:
    if not url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [url]},
    }
