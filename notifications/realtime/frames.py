"""What a socket is sent."""

from dataclasses import dataclass

import orjson

from notifications import cursors
from notifications.models import Notification
from notifications.representation import represent

FIN_TEXT = 0x81


@dataclass(frozen=True, slots=True)
class News:
    """One new notification, ready to be sent to every socket of its user."""

    user_id: int
    revision: int  # of the inbox, when it was made
    text: bytes  # JSON


def news_of(notification: Notification) -> News:
    """Make what is sent of a notification whose event and topic are loaded.

    Its cursor is the place in the order of sending. The row's own may lie beyond news that
    is still to come, when it was read elsewhere meanwhile, and who resumed from there would
    miss them.
    """
    revision = notification.created_revision
    shown = {**represent(notification), "cursor": cursors.encode(revision)}
    return News(notification.user_id, revision, orjson.dumps(shown))


def plain(news: News) -> bytes:
    """Frame news for plain mode: the notification and nothing around it."""
    return news.text


def text_frame(text: bytes) -> bytes:
    """Put a text into an unmasked WebSocket frame (RFC 6455, section 5.2)."""
    size = len(text)
    if size < 126:
        return bytes((FIN_TEXT, size)) + text
    if size < 65536:
        return bytes((FIN_TEXT, 126)) + size.to_bytes(2, "big") + text
    return bytes((FIN_TEXT, 127)) + size.to_bytes(8, "big") + text
