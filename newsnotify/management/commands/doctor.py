import sys
from typing import Any

from django.core.management.base import BaseCommand

from newsnotify import doctor


class Command(BaseCommand):
    help = "Check everything that this installation stands on; exits with 1 when something fails."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        has_failed = False
        for name, finding in doctor.examine():
            self.stdout.write(f"{finding.status:<4}  {name:<13}  {finding}")
            has_failed |= finding.status == "FAIL"
        if has_failed:
            sys.exit(1)
