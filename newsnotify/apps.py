from importlib import import_module

from django.apps import AppConfig

# Without this import web processes would ring Celery's default broker.
from newsnotify.celery import app as celery_app

__all__ = ["NewsNotifyConfig", "celery_app"]


class NewsNotifyConfig(AppConfig):
    name = "newsnotify"

    def ready(self) -> None:
        import_module("newsnotify.checks")  # which registers them
