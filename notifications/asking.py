"""The queue of codes: written by requests, sent by workers, each at least once."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from newsnotify.lib.sealing import SealError
from notifications.models import Channel, Proof
from notifications.proofs import question_of
from notifications.transports import details
from notifications.transports.base import Outcome, Result
from notifications.transports.proving import ProvingTransport, Question
from notifications.transports.registry import TRANSPORTS

log = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=2)
PAUSES = (10, 30, 60, 120, 300)  # seconds after each attempt; then it is given up

Clock = Callable[[], datetime]


def send_due(clock: Clock) -> int:
    """Send the codes that are due. Returns how many were sent."""
    count = 0
    while proofs := _claim(clock()):
        questions = [_question_of(proof) for proof in proofs]
        outcomes = asyncio.run(_ask_all(questions))
        for proof, outcome in zip(proofs, outcomes, strict=True):
            count += _record(proof, outcome, clock())
    return count


def _claim(now: datetime) -> list[Proof]:
    """Lease due codes. `attempts` rises before any is touched: one may kill its worker."""
    lease = secrets.token_hex(16)
    due = Proof.objects.filter(due_at__lte=now, expires_at__gt=now, attempts__lte=len(PAUSES))
    numbers = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH])
    due.filter(pk__in=numbers).update(lease=lease, due_at=now + LEASE, attempts=F("attempts") + 1)
    mine = Proof.objects.filter(pk__in=numbers, lease=lease)
    return list(mine.select_related("channel__user"))


def _question_of(proof: Proof) -> tuple[ProvingTransport, Question] | Outcome:
    transport = TRANSPORTS.get(proof.channel.kind)
    if not isinstance(transport, ProvingTransport):
        return Outcome(Result.FAILED, detail=details.NO_CODE)
    try:
        return transport, question_of(proof)
    except SealError as error:
        return Outcome(Result.FAILED, detail=str(error))


async def _ask_all(questions: list[tuple[ProvingTransport, Question] | Outcome]) -> list[Outcome]:
    return await asyncio.gather(*(_ask(each) for each in questions))


async def _ask(question: tuple[ProvingTransport, Question] | Outcome) -> Outcome:
    if isinstance(question, Outcome):
        return question
    transport, asked = question
    try:
        async with asyncio.timeout(transport.seconds):
            return await transport.ask(asked)
    except TimeoutError:
        return Outcome(Result.RETRY, detail=details.NO_ANSWER_IN_TIME)
    except Exception as error:  # a task's boundary: one letter must not cost the others theirs
        log.exception("code not sent", extra={"kind": transport.kind, "question": asked.id})
        return Outcome(Result.RETRY, detail=details.OUR_FAULT % {"name": type(error).__name__})


def _record(proof: Proof, outcome: Outcome, now: datetime) -> bool:
    """Note what came of it, unless another code was asked for. Returns whether it was sent."""
    held = Proof.objects.filter(pk=proof.pk, lease=proof.lease)
    if outcome.result in {Result.SENT, Result.DELIVERED}:
        held.update(due_at=None, sent_at=now)
        _channel(proof).update(last_error="")
        return True
    if held.update(due_at=_again(proof, outcome, now)):
        _channel(proof).update(last_error=outcome.detail[:500])
    return False


def _again(proof: Proof, outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.result != Result.RETRY or proof.attempts > len(PAUSES):
        return None
    return now + timedelta(seconds=PAUSES[proof.attempts - 1])


def _channel(proof: Proof) -> "QuerySet[Channel]":
    return Channel.objects.filter(pk=proof.channel_id, verified_at=None)
