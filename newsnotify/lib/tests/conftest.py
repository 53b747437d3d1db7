import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(params=["uvloop", "asyncio"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """Run in the loop that the crawler has where it is to be had, and in the one it has else."""
    with asyncio.Runner(loop_factory=pytest.importorskip(request.param).new_event_loop) as made:
        yield made
