from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from news import starters
from newsnotify.env import Env


class Command(BaseCommand):
    help = "Bring the database up to date, make the first admin, add the starter sources; end."

    def handle(self, *args: Any, **options: Any) -> None:
        self._migrate()
        self._make_superuser()
        if settings.SEED_SOURCES:
            starters.add_sources()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _make_superuser(self) -> None:
        env = Env.here(settings.BASE_DIR)
        email = env.text("DJANGO_SUPERUSER_EMAIL")
        password = env.text("DJANGO_SUPERUSER_PASSWORD")
        if email and password and not User.objects.filter(email=email.lower()).exists():
            User.objects.create_superuser(email=email, password=password)
            self.stdout.write(f"Made the admin {email}.")
