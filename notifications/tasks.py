"""Doorbells answered: each looks at its table."""

from celery import shared_task
from django.utils.timezone import now

from newsnotify.lib.turns import Turn
from notifications import asking, ledger, matches, replays
from notifications.deliver import deliver_due
from notifications.fanout import fan_out_due
from notifications.withdrawal import amend_due

_delivering = Turn()
_fanning_out = Turn()  # the bell rings for every article; a thousand looks find what one does


@shared_task(name="notifications.fan_out")
def fan_out() -> None:
    _fanning_out.take(_fan_out)


def _fan_out() -> None:
    fan_out_due(now())
    amend_due()


@shared_task(name="notifications.deliver")
def deliver() -> None:
    _delivering.take(lambda: deliver_due(now))


@shared_task(name="notifications.send_codes")
def send_codes() -> None:
    asking.send_due(now)


@shared_task(name="notifications.prune")
def prune() -> None:
    replays.prune(now())
    matches.prune(now())


@shared_task(name="notifications.balance")
def balance() -> None:
    ledger.check(now())
