"""Notifications as e-mails: one, or a list of them, as text and as HTML."""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.timezone import override as in_zone
from django.utils.translation import gettext as _
from django.utils.translation import override as in_language

from newsnotify.lib.letters import Letter, message
from newsnotify.lib.lines import one_line
from notifications.transports import wording
from notifications.transports.base import Parcel, Size
from notifications.transports.marks import mark
from notifications.transports.proving import Question

LISTED = 50  # of a longer list its reader is sent to the inbox
SUMMARY, PREVIEW = 240, 120


def letter_of(parcel: Parcel) -> EmailMultiAlternatives:
    """Write a parcel to its reader, in his language and his time."""
    with in_language(parcel.language), in_zone(ZoneInfo(parcel.timezone)):
        subject = wording.heading(parcel)
        context = {**_context(parcel), "subject": subject, "site": settings.PUBLIC_URL}
        template = "email/notification" if parcel.size == Size.ONE else "email/list"
        letter = EmailMultiAlternatives(
            subject=one_line(subject),
            body=render_to_string(f"{template}.txt", context),
            to=[parcel.address["address"]],
            headers=_headers(parcel),
        )
        letter.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    letter.metadata = mark(parcel.id)  # type: ignore[attr-defined] # for mail services alone
    return letter


def question_of(question: Question) -> EmailMultiAlternatives:
    """Write the letter that proves an address: a code, and a link that does the same."""
    with in_language(question.language):
        letter = Letter(
            subject=_("%(code)s is your code for NewsNotify") % {"code": question.code},
            paragraphs=(
                _("Somebody, probably you, wants notifications at this address."),
                _("Enter this code where you added it: %(code)s") % {"code": question.code},
            ),
            action=_("Confirm this address"),
            url=question.link,
            closing=_(
                "Code and link work for %(minutes)d minutes. If it was not you, do nothing: "
                "we send nothing else to this address."
            )
            % {"minutes": question.minutes},
        )
        host = urlsplit(settings.PUBLIC_URL).hostname
        made = message(letter, question.address["address"], f"<{question.id}@{host}>")
    made.metadata = mark(question.id)  # type: ignore[attr-defined] # for mail services alone
    return made


def _context(parcel: Parcel) -> dict[str, Any]:
    items = [
        {
            "name": wording.name_of(item),
            "message": "" if item.title == item.message else item.message,
            "summary": wording.cut(one_line(item.message), SUMMARY),
            "host": urlsplit(item.url).hostname or "",
            "item": item,
        }
        for item in parcel.items[:LISTED]
    ]
    first = parcel.items[0]
    preview = first.message if parcel.size == Size.ONE else wording.name_of(first)
    return {
        "items": items,
        "first": items[0],
        "more_count": max(len(parcel.items) - LISTED, 0),
        "links": parcel.links,
        "preview": wording.cut(one_line(preview), PREVIEW),
    }


def _headers(parcel: Parcel) -> dict[str, str]:
    host = urlsplit(settings.PUBLIC_URL).hostname
    headers = {
        "Message-ID": f"<{parcel.id}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "List-Id": f"<notifications.{host}>",  # RFC 2919
    }
    if parcel.links.unsubscribe:
        headers["List-Unsubscribe"] = f"<{parcel.links.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    if any(item.priority == "critical" for item in parcel.items):
        headers["Importance"] = "high"  # RFC 2156
    return headers
