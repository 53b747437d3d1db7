"""A process of the product's: Django is set up before the module that is named is loaded."""

import importlib
import signal
import sys

import django
from django.core.management import call_command


def command(module: str, *arguments: object) -> list[str]:
    """Write the command that runs `main(*arguments)` of a module inside the product."""
    return [sys.executable, "-m", "bench.inside", module, *map(str, arguments)]


def migrate() -> None:
    call_command("migrate", verbosity=0)


def main(action: str, *arguments: str) -> None:
    if action == "migrate":
        migrate()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # and with it what it began
    django.setup()
    importlib.import_module(sys.argv[1]).main(*sys.argv[2:])
