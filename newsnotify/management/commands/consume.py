import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from notifications.streams.configured import configured, taking


class Command(BaseCommand):
    help = "Take events from a stream until told to stop; without a name from all configured."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stream", nargs="?", choices=["kafka", "amqp"])

    def handle(self, *args: Any, **options: Any) -> None:
        names = [options["stream"]] if options["stream"] else configured()
        with taking(*names) as stop:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            told = ", ".join(names) or "nowhere: no stream is configured"
            self.stdout.write(f"Taking events from {told}.")
            stop.wait()
