"""Every transport there is, by the kind of channel it speaks. A new one is a line here."""

from collections.abc import Mapping

from notifications.transports.base import Transport
from notifications.transports.mock import Mock
from notifications.transports.webhook import Webhook

TRANSPORTS: Mapping[str, Transport] = {
    transport.kind: transport
    for transport in (
        Mock(),
        Webhook(),
    )
}  # fmt: skip


def offered() -> dict[str, Transport]:
    """Tell what this server can speak, as it is configured."""
    return {kind: transport for kind, transport in TRANSPORTS.items() if transport.is_offered}
