"""The Celery application; its tasks live in `tasks.py` of each app."""

import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready
from django.conf import settings

from newsnotify import heartbeats
from newsnotify.lib import garbage, short_queues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsnotify.settings")
# They go through every page and form, which a worker has no other use for: 12 MB and 0.4 s.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

QUEUE = "newsnotify"

app = Celery("newsnotify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(heartbeats.WorkerHeart)


def transport(url: str) -> dict[str, Any]:
    """Tell the settings that the kind of broker asks for."""
    # Without a limit of retries a doorbell would try for 6 s to reach a broker that is away.
    options: dict[str, Any] = {"max_retries": 0}
    if url.startswith("memory"):
        # kombu looks once a second by default: a task would wait 0.7 s.
        return {"broker_transport_options": options | {"polling_interval": 0.02}}
    if url.startswith("redis"):
        # Longer than the second that a worker's read waits, so that a silent server is noticed.
        options |= {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 300}
        bounded = f"{short_queues.__name__}:RedisTransport"
        return {"broker_transport": bounded, "broker_transport_options": options}
    queue = short_queues.quorum(QUEUE)
    # A confirmed message is in the queue.
    options |= {"confirm_publish": True}
    return {"task_queues": [queue], "broker_transport_options": options}


# Rows are the queue: a task is a doorbell without arguments, and nobody waits for its result.
app.conf.update(
    **transport(settings.CELERY_BROKER_URL),
    task_default_queue=QUEUE,
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
        "deliver": {
            "task": "notifications.deliver",
            "schedule": timedelta(seconds=3),
            "options": {"expires": 6},
        },
        "send codes": {
            "task": "notifications.send_codes",
            "schedule": timedelta(seconds=5),
            "options": {"expires": 10},
        },
        "send mail": {
            "task": "accounts.send_mail",
            "schedule": timedelta(seconds=5),
            "options": {"expires": 10},
        },
        "prune": {
            "task": "news.prune",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
        "prune keyword queries": {
            "task": "subscriptions.prune",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
        "prune accounts": {
            "task": "accounts.prune",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
        "balance": {
            "task": "notifications.balance",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
        "prune replays": {
            "task": "notifications.prune",
            "schedule": timedelta(hours=1),
            "options": {"expires": 1800},
        },
    },
)
if settings.DEMO_GENERATOR_SECONDS:
    app.conf.beat_schedule["demo"] = {
        "task": "newsnotify.demo",
        "schedule": timedelta(seconds=settings.DEMO_GENERATOR_SECONDS),
        "options": {"expires": 60},
    }


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Stop Celery from setting up logging: Django already did."""


@worker_ready.connect
def settle(**_: Any) -> None:
    garbage.settle()
