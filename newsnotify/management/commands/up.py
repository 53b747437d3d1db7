from argparse import ArgumentParser
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.timezone import now
from uvicorn.supervisors import ChangeReload

from newsnotify import one_process, tls


class Command(BaseCommand):
    help = "Serve everything in one process: pages, API, sockets, crawler, schedule, deliveries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reload", action="store_true", help="start again when code changes")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.TLS_CERT_FILE and settings.TLS_KEY_FILE:
            tls.check(settings.TLS_CERT_FILE, settings.TLS_KEY_FILE, now())
        listener = one_process.bind(settings.HOST, settings.PORT)
        call_command("prepare", stdout=self.stdout)
        connection.close()
        if options["reload"]:
            config = one_process.web_config(reload=True)
            ChangeReload(config, target=serve_reloaded, sockets=[listener]).run()
        else:
            one_process.serve([listener])


def serve_reloaded(sockets: list[Any] | None) -> None:
    """Serve in the child that the reloader starts anew."""
    django.setup()
    one_process.serve(sockets, one_process.web_config(reload=True))
