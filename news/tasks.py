"""Doorbells answered: each looks at its table."""

from celery import shared_task
from django.utils.timezone import now

from news import services


@shared_task(name=services.CRAWL_DUE)
def crawl_due_sources() -> None:
    services.crawl_what_is_due()


@shared_task(name="news.prune")
def prune() -> None:
    services.prune(now())
