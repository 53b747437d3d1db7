"""Every transport there is, by the kind of channel it speaks. A new one is a line here."""

from collections.abc import Mapping

from notifications.transports.base import Transport
from notifications.transports.chat import Chat
from notifications.transports.email import Email
from notifications.transports.mock import Mock
from notifications.transports.sms import Sms
from notifications.transports.webhook import Webhook

TRANSPORTS: Mapping[str, Transport] = {
    transport.kind: transport
    for transport in (
        Email(),
        Sms(),
        Chat(),
        Mock(),
        Webhook(),
    )
}  # fmt: skip


def offered() -> dict[str, Transport]:
    """Tell what this server can speak, as it is configured."""
    return {kind: transport for kind, transport in TRANSPORTS.items() if transport.is_offered}
