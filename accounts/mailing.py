"""The queue of letters about accounts: written by requests, sent by workers.

A letter is sent at least once: again when the worker was killed between sending it and noting
that. Its Message-ID is the same then.
"""

import logging
import secrets
import smtplib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import override

from accounts import letters
from accounts.models import OutgoingMail, User
from newsnotify.lib import doorbell
from newsnotify.lib.backoff import exponential
from newsnotify.lib.letters import message

log = logging.getLogger(__name__)

Kind = OutgoingMail.Kind
State = OutgoingMail.State

LEASE = timedelta(minutes=1)  # a server has 10 s for each of its answers, see EMAIL_TIMEOUT
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
ATTEMPTS = 30  # about a day
BATCH = 20
# Anybody may have us write to any address: so often an hour, of one kind.
MOST, WITHIN = 5, timedelta(hours=1)
KEEP = timedelta(days=7)


def post(kind: Kind, address: str, user: User | None = None) -> None:
    """Have a letter sent once this transaction is committed; one that waits already is enough."""
    row = {"kind": kind, "address": address, "user": user}
    waiting = OutgoingMail.objects.filter(**row, state=State.WAITING, leased_until=None)
    if not waiting.update(due_at=now()):
        OutgoingMail.objects.create(**row)
    doorbell.ring("accounts.send_mail")


def send_due() -> int:
    """Send what is due. Returns how many letters were sent; ends early when nobody takes them."""
    count = 0
    while mail := _claim(now()):
        try:
            count += _send(mail)
        except OSError as error:  # the server, not the letter
            _postpone(mail, error)
            break
        except Exception as error:  # noqa: BLE001 - whatever ails this letter, others wait
            _postpone(mail, error)
    return count


def prune(moment: datetime) -> int:
    """Forget letters that are done with for a week. Returns how many."""
    done = OutgoingMail.objects.exclude(state=State.WAITING)
    return done.filter(created_at__lt=moment - KEEP).delete()[0]


def _claim(moment: datetime) -> OutgoingMail | None:
    """Lease a due letter. `attempts` rises before it is touched: it may kill its worker."""
    due = OutgoingMail.objects.filter(state=State.WAITING, due_at__lte=moment)
    free = due.filter(Q(leased_until=None) | Q(leased_until__lte=moment))
    for mail in free.order_by("due_at")[:BATCH]:
        mail.lease, mail.attempts = secrets.token_hex(16), mail.attempts + 1
        held = {"lease": mail.lease, "leased_until": moment + LEASE, "attempts": mail.attempts}
        if free.filter(pk=mail.pk, attempts=mail.attempts - 1).update(**held):
            return mail
    return None


def _send(mail: OutgoingMail) -> bool:
    reader = _reader(mail)
    if reader is None:
        _held(mail).delete()  # an address that is nobody's here is none of our business
        return False
    if _is_too_much(mail):
        return _finish(mail, State.DROPPED, f"more than {MOST} an hour")
    with override(reader.language):
        letter = letters.compose(Kind(mail.kind), reader)
        sendable = message(letter, mail.address, _message_id(mail))
    try:
        with get_connection() as sendable.connection:  # else a refused password leaves it open
            sendable.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        if code < 500:
            raise
        return _finish(mail, State.FAILED, f"{code} {words.decode(errors='replace')}")
    return _finish(mail, State.SENT)


def _reader(mail: OutgoingMail) -> User | None:
    """Find whom a letter is for, if it still means anything to anybody."""
    users = User.objects.filter(is_active=True)
    if mail.kind == Kind.RESET_PASSWORD:
        return users.filter(email=mail.address).first()
    if mail.kind == Kind.VERIFY:
        users = users.filter(email=mail.address, email_verified_at=None)
    if mail.kind == Kind.CHANGE_EMAIL:
        users = users.filter(new_email=mail.address)
    return users.filter(mails=mail.pk).first()


def _is_too_much(mail: OutgoingMail) -> bool:
    alike = OutgoingMail.objects.filter(kind=mail.kind, address=mail.address, state=State.SENT)
    return alike.filter(created_at__gt=now() - WITHIN).count() >= MOST


def _message_id(mail: OutgoingMail) -> str:
    host = urlsplit(settings.PUBLIC_URL).hostname
    return f"<account-{mail.pk}.{mail.created_at:%Y%m%d%H%M%S}@{host}>"


def _postpone(mail: OutgoingMail, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:500]
    log.warning("mail not sent", extra={"mail": mail.pk, "error": type(error).__name__})
    if mail.attempts >= ATTEMPTS:
        _finish(mail, State.FAILED, reason)
        return
    wait = exponential(mail.attempts, first=FIRST_WAIT, ceiling=LONGEST_WAIT)
    _held(mail).update(due_at=now() + wait, leased_until=None, reason=reason)


def _finish(mail: OutgoingMail, state: State, reason: str = "") -> bool:
    """Note how it ended, unless somebody else took it over. Returns whether it was sent."""
    _held(mail).update(state=state, reason=reason[:500], leased_until=None)
    return state == State.SENT


def _held(mail: OutgoingMail) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(pk=mail.pk, lease=mail.lease)
