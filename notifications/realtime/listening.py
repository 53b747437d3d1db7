"""The doorbells that reach this process: one channel in one group of the channel layer."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer

from newsnotify.lib import doorbell

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.5, 30.0


class Listener:
    """Hears doorbells for as long as it runs, whatever becomes of the channel layer."""

    def __init__(
        self,
        *,
        on_bell: Callable[[int, int], None],
        on_end: Callable[[int], None],
        on_join: Callable[[], None],
    ) -> None:
        self._on_bell = on_bell
        self._on_end = on_end
        self._on_join = on_join  # bells may have rung while nobody listened
        self._channel = ""
        self._retry_seconds = FIRST_RETRY_SECONDS

    async def run(self) -> None:
        while True:
            try:
                await self._listen(get_channel_layer())
            except Exception as error:  # noqa: BLE001 - the layer's trouble is not ours
                log.warning("channel layer lost", extra={"error": repr(error)})
            await asyncio.sleep(self._retry_seconds)
            self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)

    async def renew(self) -> None:
        """Confirm the membership: the in-memory layer forgets it after a day."""
        if self._channel:
            await get_channel_layer().group_add(doorbell.HUBS, self._channel)

    async def _listen(self, layer: Any) -> None:
        self._channel = await layer.new_channel()
        try:
            await self.renew()
            self._on_join()
            self._retry_seconds = FIRST_RETRY_SECONDS
            while True:
                message = await layer.receive(self._channel)
                if message["type"] == "sign_ins.ended":
                    self._on_end(int(message["user"]))
                else:
                    self._on_bell(int(message["first"]), int(message["last"]))
        finally:
            channel, self._channel = self._channel, ""
            with suppress(Exception):
                async with asyncio.timeout(doorbell.WAIT_SECONDS):
                    await layer.group_discard(doorbell.HUBS, channel)
