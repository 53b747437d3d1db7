"""A hub ends when it is told to, whatever its tasks are at."""

import asyncio
import contextlib

import pytest

from notifications.realtime import listening
from notifications.realtime.hub import Hub, Limits


class Layer:
    """Swallows the cancellation that comes while it connects, as redis-py does."""

    async def new_channel(self) -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        """Take it in."""

    async def group_discard(self, group: str, channel: str) -> None:
        """Let it go."""

    async def receive(self, channel: str) -> None:
        await asyncio.sleep(60)


def test_hub_stops_when_a_task_swallows_its_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "get_channel_layer", Layer)

    async def begin_and_stop() -> None:
        hub = Hub(Limits())
        hub.start()
        await asyncio.sleep(0.01)  # it connects
        async with asyncio.timeout(5):
            await hub.stop()

    asyncio.run(begin_and_stop())
