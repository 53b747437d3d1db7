from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import sign_ins
from accounts.audit import OPERATOR
from accounts.models import User


class Command(BaseCommand):
    help = "End all sign-ins of a person, on pages and by tokens; sockets close within 10 s."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody here has the e-mail {options['email']}.") from error
        count = sign_ins.end_all(user, by=OPERATOR)
        self.stdout.write(f"Ended {count} sign-in{'' if count == 1 else 's'} of {user}.")
