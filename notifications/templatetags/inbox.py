"""What pages know of an inbox beyond its counters."""

from typing import NamedTuple

from django import template

from newsnotify.lib.lines import one_line
from notifications import cursors
from notifications.models import Notification

register = template.Library()


class Texts(NamedTuple):
    title: str
    message: str

    @property
    def heading(self) -> str:
        return self.title or one_line(self.message[:80])


@register.filter
def cursor(revision: int | str) -> str:
    """Give the cursor of a revision; who has no inbox yet has none, and begins at 0."""
    return cursors.encode(int(revision or 0))


@register.filter
def texts(notification: Notification) -> Texts:
    """Give title and message as frames and letters have them: in the language of whose it is."""
    return Texts(*notification.event.in_language(notification.user.language))
