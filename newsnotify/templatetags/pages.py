"""What every page writes: icons and times."""

from datetime import datetime

from django import template
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from newsnotify.lib.saying import said

register = template.Library()

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite; the words beside it say what it means."""
    sprite = static("newsnotify/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name
    )


register.filter(said)


@register.filter
def ago(moment: datetime) -> str:
    """Say how long ago a moment was; a week or more ago, say the day.

    Spelled like the browser's own narrow relative times, in which page.js keeps it current.
    """
    seconds = int((now() - moment).total_seconds())
    if seconds < MINUTE:
        return _("now")
    if seconds < HOUR:
        return _("%(n)dm ago") % {"n": seconds // MINUTE}
    if seconds < DAY:
        return _("%(n)dh ago") % {"n": seconds // HOUR}
    if seconds < WEEK:
        return _("%(n)dd ago") % {"n": seconds // DAY}
    day = localtime(moment)
    return date_format(day, "j M" if day.year == localtime().year else "j M Y")
