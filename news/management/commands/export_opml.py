from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from news.source_lists import export_sources


class Command(BaseCommand):
    help = "Write all sources to the standard output as OPML, in folders by topic."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(export_sources(now=now()).decode(), ending="")
