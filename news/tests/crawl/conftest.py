from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Server


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server() as running:
        yield running
