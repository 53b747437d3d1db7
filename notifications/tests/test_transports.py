"""What holds for every transport there is."""

import inspect
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from notifications import reach, transports
from notifications.models import Channel
from notifications.transports.base import Transport
from notifications.transports.registry import TRANSPORTS, offered

# An address that each takes, by what a POST to /api/v1/channels gives.
GOOD = {
    "mock": {"token": "phone"},
    "webhook": {"url": "https://example.org/hook?token=secret"},
    "email": {"address": "ann@example.org"},
    "sms": {"address": "+491711234567"},
    "chat": {"url": "tgram://123456789:abcdefg_hijklmnop/12315544/"},
}
# What the schedule of each is, in seconds.
PAUSES = {
    "webhook": (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
    "email": (0, 60, 300, 900, 3600, 14400, 43200),
    "mock": (0, 10, 60, 300, 1800),
    "sms": (0, 30, 300),
    "chat": (0, 30, 300),
}


@pytest.fixture(params=list(TRANSPORTS.values()), ids=list(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.param
    return found


def test_transport_keeps_its_schedule_and_its_bounds(transport: Transport) -> None:
    assert transport.pauses == PAUSES[transport.kind]
    assert 0 < transport.seconds <= 30  # a lease is longer
    assert transport.at_once > 0
    assert isinstance(transport.repeats_unknown, bool)
    assert transport.kind in Channel.Kind.values


def test_transport_cleans_an_address_without_showing_what_is_secret(transport: Transport) -> None:
    address = transport.clean(GOOD[transport.kind])
    assert 0 < len(address.shown) <= 320
    assert 0 < len(address.provider) <= 255
    for word in ("secret", "abcdefg"):
        assert word not in address.shown + address.provider
    shown = transport.shown({"address": address.shown, **address.sealed})
    assert shown
    assert not any("whsec_" in str(value) for value in shown.values())


@pytest.mark.parametrize("value", [None, "", 7, [], {}, "\0", "x" * 5000, "http://", "file:///x"])
def test_transport_refuses_what_is_no_address_by_field(transport: Transport, value: object) -> None:
    if transport.kind == "mock" and value in ("http://", "file:///x"):
        return  # the simulated phone takes any token
    with pytest.raises(ValidationError) as refused:
        transport.clean(dict.fromkeys(GOOD[transport.kind], value))
    assert refused.value.error_dict


def test_transport_knows_no_rows() -> None:
    for path in Path(inspect.getfile(transports)).parent.glob("*.py"):
        if path.name != "in_app.py":
            assert "notifications.models" not in path.read_text()


def test_every_kind_that_is_offered_is_reached_by_a_type() -> None:
    named = {kind for kinds in reach._KINDS.values() for kind in kinds}
    assert set(offered()) <= named
