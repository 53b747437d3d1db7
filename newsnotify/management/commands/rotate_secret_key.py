from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from newsnotify import kept, reencryption

NAME = "secret_key"


class Command(BaseCommand):
    help = (
        "Make a new SECRET_KEY; what the old one signed is still read. A key in DATA_DIR is "
        "replaced there; for one in the environment it says what to set."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forget", action="store_true", help="end all former keys instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if forget := options["forget"]:
            self._renew()
        if not settings.KEEPS_SECRET_KEY:
            self._tell(forget)
            return
        try:
            (kept.forget if forget else kept.renew)(settings.DATA_DIR, NAME)
        except OSError as error:
            raise CommandError(f"DATA_DIR: {settings.DATA_DIR}: {error.strerror}") from error
        self.stdout.write("Done; restart NewsNotify.")

    def _renew(self) -> None:
        """Have nothing depend on the keys that go; they are kept when that fails."""
        try:
            done, lost = reencryption.renew()
        except DatabaseError as error:
            raise CommandError(
                f"The database is away, and no key was forgotten: {error}"
            ) from error
        self.stderr.write(f"Encrypted anew: {done}. Readable by no key: {lost}.")

    def _tell(self, forget: bool) -> None:
        """Say what to set: the environment is not ours to change."""
        former = [] if forget else [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        if any("," in key for key in former):
            raise CommandError(
                "SECRET_KEY has a comma in it, which would make several of it among the former "
                "ones: it can only be replaced, which signs everybody out."
            )
        self.stderr.write("Set this for every process, and restart them:")
        if not forget:
            self.stdout.write(f"SECRET_KEY={kept.new()}")
        self.stdout.write(f"SECRET_KEY_FALLBACKS={','.join(former)}")
