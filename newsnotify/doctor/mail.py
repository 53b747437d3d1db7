"""The way of e-mail: is anybody there who takes it?"""

import smtplib
import tempfile
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from newsnotify import mail_callbacks
from newsnotify.doctor.findings import Finding, failed, fine, noted
from newsnotify.mail_servers import PORTS

WAIT_SECONDS = 5


def mail() -> Finding:
    """check EMAIL_URL, and that the mail server can be reached from here"""
    url = urlsplit(settings.EMAIL_URL)
    if not url.scheme:
        return _folder()
    if url.scheme in PORTS:
        return _server(url)
    return _service(url.scheme)


def _service(name: str) -> Finding:
    """See whether a mail service can tell what became of letters."""
    asked = f"{name} is asked when there is something to send"
    if not settings.EMAIL_WEBHOOK_SERVICE:
        return noted(f"{asked}, and cannot tell what became of it", mail_callbacks.remedy(name))
    path = mail_callbacks.path(name)
    if not settings.IS_HTTPS:
        remedy = "put https:// into PUBLIC_URL"
        return noted(f"{asked}; {path} is told its password in the clear", remedy)
    return noted(f"{asked}, and tells what became of it at {path}")


def _folder() -> Finding:
    """See that mail can be put into the folder of those who configured no server."""
    folder = settings.DATA_DIR / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"doctor")
    return fine(f"files in {folder}; EMAIL_URL is not set")


def _server(url: SplitResult) -> Finding:
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    port = url.port or PORTS[url.scheme]
    with kind(url.hostname or "", port, timeout=WAIT_SECONDS) as server:
        code, answer = server.ehlo()
    if code != 250:
        words = answer.decode(errors="replace")
        return failed(f"{url.hostname}:{port} answers {code} {words}", "see the server's log")
    return fine(f"{url.hostname}:{port} greets")
