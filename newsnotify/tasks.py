"""Doorbells answered on the roof."""

from random import SystemRandom

from celery import shared_task
from django.conf import settings
from django.utils.timezone import now

from newsnotify.demo.generator import post_random


@shared_task(name="newsnotify.demo")
def demo() -> None:
    if settings.DEMO_GENERATOR_SECONDS:  # the schedule's row outlives the setting
        post_random(now(), SystemRandom())
