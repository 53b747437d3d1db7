from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import OPERATOR
from accounts.models import User
from accounts.second_factor import services


class Command(BaseCommand):
    help = (
        "Take the second step from somebody's sign-in: the authenticator app, passkeys and "
        "recovery codes. See first that it is he who asks. The password stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody here has the e-mail {options['email']}.") from error
        was_set = services.reset(user, by=OPERATOR)
        self.stdout.write(
            f"{user} signs in with a password alone." if was_set else f"{user} had no second step."
        )
