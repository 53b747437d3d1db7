"""E-mails in our one form: some paragraphs, at most one button, as text and as HTML."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from newsnotify.lib.lines import one_line


@dataclass(frozen=True)
class Letter:
    """What a letter says, in the language that is active when it is rendered."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str = ""  # what the button says
    url: str = ""
    closing: str = ""  # below the button, in small print


def message(letter: Letter, address: str, message_id: str) -> EmailMultiAlternatives:
    """Make what can be sent; sent twice, the same `message_id` says that it is one letter."""
    context = {"letter": letter, "site": settings.PUBLIC_URL}
    made = EmailMultiAlternatives(
        # Of a line end Django would make an error, of a turned reading order nothing.
        subject=one_line(letter.subject),
        body=render_to_string("email/letter.txt", context),
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},  # RFC 3834
    )
    made.attach_alternative(render_to_string("email/letter.html", context), "text/html")
    return made
