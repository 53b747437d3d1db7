from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from news.source_lists import import_sources


class Command(BaseCommand):
    help = "Add the feeds that an OPML file names, each to the topic of its folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--topic", default="", help="for feeds that lie in no folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = import_sources(markup=options["file"].read_bytes(), topic=options["topic"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for failure in done.failed:
            self.stderr.write(f"{failure['url']}: {failure['reason']}")
        self.stdout.write(
            f"{done.added} added, {done.existing} known already, {len(done.failed)} refused."
        )
