"""What a mail server's or a mail service's answer means for a letter."""

import smtplib
from typing import Any

from django.core.mail import EmailMessage

from newsnotify.lib.lines import one_line
from newsnotify.lib.mail_connections import NoMailServerError
from newsnotify.lib.redaction import redact
from notifications.transports import details
from notifications.transports.base import Outcome, Result

DETAIL = 200
_POLICY, _FULL = "5.7.", "5.2.2"  # RFC 3463: not this sender; a mailbox that is full for now


def outcome_of(error: Exception) -> Outcome:
    """Judge what stopped a letter; raises it again when it is a fault of ours."""
    if isinstance(error, NoMailServerError):
        return _of_the_server(details.MAIL_SERVER % {"said": error})
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _refused(code, words)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome(Result.FAILED, detail=_detail(str(error)))
    if isinstance(error, OSError) and not hasattr(error, "status_code"):
        return _of_the_server(f"{type(error).__name__}: {error}")
    return _of_a_service(error)


def outcome_of_taken(letter: EmailMessage) -> Outcome:
    """Judge a letter that was handed over; mail services say then what becomes of it."""
    status = getattr(letter, "anymail_status", None)
    said = set(status.status or ()) if status else set()
    if said <= {"sent", "queued"}:
        return Outcome(Result.SENT, detail=_taken_as(status))
    if "unknown" in said:
        return _of_the_server(details.MAIL_UNCLEAR)
    return Outcome(Result.GONE, detail=details.MAIL_REFUSES)


def _taken_as(status: Any) -> str:
    """Say under which name the service's own log has the letter."""
    name = status.message_id if status else None
    return _detail(f"taken as {name}") if isinstance(name, str) and name else ""


def _refused(code: int, words: bytes | str) -> Outcome:
    """Judge an answer to RCPT TO: who is refused for good is not there, but for two reasons."""
    text = _text(words)
    if code < 500 or text.startswith(_FULL):
        return Outcome(Result.RETRY, code, _detail(f"{code} {text}"))
    result = Result.FAILED if text.startswith(_POLICY) else Result.GONE
    return Outcome(result, code, _detail(f"{code} {text}"))


def _answered(code: int, words: bytes | str) -> Outcome:
    result = Result.FAILED if code >= 500 else Result.RETRY
    detail = _detail(f"{code} {_text(words)}")
    return Outcome(result, code, detail, is_provider=code == 421)  # RFC 5321: it closes


def _of_the_server(detail: str) -> Outcome:
    return Outcome(Result.RETRY, detail=_detail(detail), is_provider=True)


def _of_a_service(error: Exception) -> Outcome:
    from anymail.exceptions import AnymailError, AnymailRecipientsRefused

    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(Result.GONE, detail=details.MAIL_REFUSES)
    if not isinstance(error, AnymailError):
        raise error
    code: int | None = getattr(error, "status_code", None)
    if code is None:
        return _of_the_server(details.MAIL_SILENT)
    detail = details.MAIL_ANSWERED % {"code": code}
    if code in {400, 413, 422}:
        return Outcome(Result.FAILED, code, detail)
    return Outcome(Result.RETRY, code, detail, is_provider=True)


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _detail(text: str) -> str:
    return redact(one_line(text))[:DETAIL]
