import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from notifications.ledger import balance


class Command(BaseCommand):
    help = "Check that of the last day's events everybody was told and everything was delivered."

    def handle(self, *args: Any, **options: Any) -> None:
        found = balance(now())
        for name, count in asdict(found).items():
            self.stdout.write(f"{name:14}{count}")
        self.stdout.write(f"{'difference':14}{found.difference}")
        if found.difference:
            sys.exit(1)
