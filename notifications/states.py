"""The statuses of a notification, and who may change which into which."""

from collections.abc import Collection

READ, ARCHIVED, DELIVERED, FAILED = "read", "archived", "delivered", "failed"
PENDING, SENT, HELD, SUPPRESSED = "pending", "sent", "held", "suppressed"
STATUSES = (PENDING, SENT, DELIVERED, READ, FAILED, SUPPRESSED, HELD, ARCHIVED)


def legal(
    status: str, *, is_released: bool, as_recipient: bool, as_producer: bool
) -> Collection[str]:
    """List what a notification of this status may be changed into."""
    found = {status}
    if (as_recipient or as_producer) and is_released:  # before, nobody sees it
        found |= {READ, ARCHIVED}
        if status == READ:
            found.add(DELIVERED)
    if as_producer and status in {PENDING, SENT}:
        found |= {DELIVERED, FAILED}
    return sorted(found, key=STATUSES.index)
