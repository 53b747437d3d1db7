"""The transport that everybody has: the inbox, and the page that is open on it.

The notification's row is the delivery, so nothing has to be sent; web processes are told to
look, and whoever is connected sees it.
"""

from newsnotify.lib import doorbell


def tell(first_user_id: int, last_user_id: int) -> None:
    """Show the new notifications of users in this range, once they are committed."""
    doorbell.ring_inboxes(first_user_id, last_user_id)
