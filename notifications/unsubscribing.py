"""The link at the end of every letter: it switches one channel off, for who has the letter.

RFC 8058: mail programs POST to it without asking and without signing in; who opens it sees a
page that asks. A link is good for ever, since letters are kept for years.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

from newsnotify.lib.fields import digest
from notifications.models import Channel
from notifications.transports import details

_SALT = "notifications.unsubscribing"


class LinkError(ValueError):
    """This link is none of ours, or its channel is no longer there."""


def link(channel: Channel) -> str:
    query = urlencode({"token": signing.dumps([channel.pk, _mark(channel)], salt=_SALT)})
    return f"{settings.PUBLIC_URL}{reverse('stop_channel')}?{query}"


def channel_of(token: str) -> Channel:
    """Find whose link this is; of a channel whose address changed it is no longer one."""
    try:
        pk, mark = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkError from error
    channel = Channel.objects.select_related("user").filter(pk=pk).first()
    if channel is None or mark != _mark(channel):
        raise LinkError
    return channel


def stop(channel: Channel, reason: str = details.STOPPED) -> None:
    """Switch a channel off; again is fine."""
    enabled = Channel.objects.filter(pk=channel.pk, is_enabled=True)
    enabled.update(is_enabled=False, disabled_reason=reason)


def _mark(channel: Channel) -> str:
    return digest(channel.address).hex()[:16]
