from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from news import services
from news.crawl.attempts import Attempt
from news.discovery import canonical_url
from news.models import Source, SourceQuerySet
from newsnotify.lib.fields import digest


class Command(BaseCommand):
    help = "Crawl now, in the foreground: the sources at these URLs, or all that are not paused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("urls", nargs="*", metavar="URL")

    def handle(self, *args: Any, **options: Any) -> None:
        everything = Source.objects.filter(is_paused=False)
        sources = self._named(options["urls"]) if options["urls"] else everything
        total, new = sources.count(), 0
        for number, fetch in enumerate(services.crawl_all(sources), 1):
            new += fetch.new_count
            self.stdout.write(f"[{number}/{total}] {_line(fetch)}")
        self.stdout.write(f"{total} sources, {new} new articles.")

    def _named(self, urls: list[str]) -> SourceQuerySet:
        try:
            keys = {digest(canonical_url(url)): url for url in urls}
        except ValueError as error:
            raise CommandError(str(error)) from error
        sources: SourceQuerySet = Source.objects.filter(url_key__in=list(keys))
        known = {bytes(key) for key in sources.values_list("url_key", flat=True)}
        if unknown := [url for key, url in keys.items() if key not in known]:
            raise CommandError(f"{', '.join(unknown)}: no such source; follow it, or add it first.")
        return sources


def _line(fetch: Attempt) -> str:
    if fetch.error:
        return f"{fetch.source}: {fetch.outcome}, {fetch.error}"
    return f"{fetch.source}: {fetch.outcome}, {fetch.new_count} new ({fetch.duration_ms} ms)"
