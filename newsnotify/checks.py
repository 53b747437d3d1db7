"""What `check --deploy` has to say of our own settings."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags, register
from django.core.checks import Warning as CheckWarning

from newsnotify import mail_callbacks


@register(Tags.security, deploy=True)
def open_ingest(**_: Any) -> list[CheckWarning]:
    if not settings.OPEN_INGEST:
        return []
    message = "OPEN_INGEST=1: anybody may post notifications, and read those of recipients."
    hint = "Set OPEN_INGEST=0 and give producers API keys, unless nobody else reaches this house."
    return [CheckWarning(message, hint=hint, id="newsnotify.W001")]


@register(Tags.security, deploy=True)
def no_callbacks(**_: Any) -> list[CheckWarning]:
    service = mail_callbacks.service(settings.EMAIL_URL)
    if not service or settings.EMAIL_WEBHOOK_SERVICE:
        return []
    message = f"{service} cannot tell what became of letters: nobody here takes its callbacks."
    return [CheckWarning(message, hint=mail_callbacks.remedy(service), id="newsnotify.W002")]
