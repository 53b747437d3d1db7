import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from notifications.streams.configured import configured, taking

SIGNALS = {signal.SIGINT, signal.SIGTERM}


class Command(BaseCommand):
    help = "Take events from a stream until told to stop; without a name from all configured."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stream", nargs="?", choices=["kafka", "amqp"])

    def handle(self, *args: Any, **options: Any) -> None:
        names = [options["stream"]] if options["stream"] else configured()
        # Blocked before a driver starts its threads: a signal that one of those took would not
        # wake this thread from its lock, and the command would never stop.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        with taking(*names):
            told = ", ".join(names) or "nowhere: no stream is configured"
            self.stdout.write(f"Taking events from {told}.")
            signal.sigwait(SIGNALS)
