"""The peer of our sockets: a consumer in a group, as Channels' tutorial has it."""

import os
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer
from django.core.asgi import get_asgi_application

from newsnotify.lib.asgi_types import App, Receive, Scope, Send

django.setup()

GROUP = "news"

layer = RedisChannelLayer(
    hosts=[{"address": os.environ["REDIS_URL"], "socket_timeout": None}], prefix="stock"
)
channel_layers.backends["stock"] = layer


class NewsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # Channels is untyped
    groups = (GROUP,)
    channel_layer_alias = "stock"

    async def news(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


_http: App = get_asgi_application()
_sockets: App = NewsConsumer.as_asgi()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await (_sockets if scope["type"] == "websocket" else _http)(scope, receive, send)
