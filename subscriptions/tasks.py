"""Doorbells answered: each looks at its table."""

from celery import shared_task
from django.utils.timezone import now

from subscriptions import queries


@shared_task(name="subscriptions.prune")
def prune() -> None:
    queries.prune(now())
