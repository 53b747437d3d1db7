import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from uvicorn.supervisors import ChangeReload

from accounts.models import User
from news import starters
from newsnotify import one_process


class Command(BaseCommand):
    help = "Serve everything in one process: pages, API, sockets, crawler, schedule, deliveries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reload", action="store_true", help="start again when code changes")

    def handle(self, *args: Any, **options: Any) -> None:
        listener = one_process.bind(settings.HOST, settings.PORT)
        self._migrate()
        self._make_superuser()
        if settings.SEED_SOURCES:
            starters.add_sources()
        connection.close()
        if options["reload"]:
            config = one_process.web_config(reload=True)
            ChangeReload(config, target=serve_reloaded, sockets=[listener]).run()
        else:
            one_process.serve([listener])

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _make_superuser(self) -> None:
        email = os.environ.get("DJANGO_SUPERUSER_EMAIL", "")
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
        if email and password and not User.objects.filter(email=email.lower()).exists():
            User.objects.create_superuser(email=email, password=password)
            self.stdout.write(f"Made the admin {email}.")


def serve_reloaded(sockets: list[Any] | None) -> None:
    """Serve in the child that the reloader starts anew."""
    import django

    django.setup()
    one_process.serve(sockets, one_process.web_config(reload=True))
