"""The Celery application; its tasks live in `tasks.py` of each app."""

import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")

app = Celery("newsnotify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Rows are the queue: a task is a doorbell without arguments, and nobody waits for its result.
app.conf.update(
    task_default_queue="newsnotify",
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_pool="threads",
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever: after 100 worker and beat would give up
    timezone="UTC",
    beat_scheduler="django_celery_beat.schedulers:DatabaseScheduler",
    # Ticks that nobody took in time are worth nothing: the next one looks at the same rows.
    beat_schedule={
        "crawl due sources": {
            "task": "news.crawl_due_sources",
            "schedule": timedelta(seconds=3),
            "options": {"expires": 6},
        },
        "fan out": {
            "task": "notifications.fan_out",
            "schedule": timedelta(seconds=3),
            "options": {"expires": 6},
        },
        "prune": {
            "task": "news.prune",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
    },
)


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Stop Celery from setting up logging: Django already did."""
