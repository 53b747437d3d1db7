"""Doorbells answered: each looks at its table."""

from celery import shared_task
from django.core.management import call_command
from django.utils.timezone import now

from accounts import audit, mailing, sign_ins


@shared_task(name="accounts.send_mail")
def send_mail() -> None:
    mailing.send_due()


@shared_task(name="accounts.prune")
def prune() -> None:
    audit.prune(now())
    sign_ins.prune(now())
    mailing.prune(now())
    call_command("clearsessions")
