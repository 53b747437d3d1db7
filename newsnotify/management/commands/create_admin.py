import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.audit import OPERATOR
from accounts.models import Role, User
from newsnotify.env import Env

VARIABLE = "DJANGO_SUPERUSER_PASSWORD"


class Command(BaseCommand):
    help = (
        "Make an admin, or make one of the person who has this e-mail. The password of a new "
        f"account is asked for, or read from stdin or {VARIABLE}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        try:
            user = User.objects.filter(email=email).first() or self._register(email)
            services.change_user(user=user, by=OPERATOR, role=Role.ADMIN, is_active=True)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user} is an admin.")

    def _register(self, email: str) -> User:
        return services.register(email=email, password=self._password())

    def _password(self) -> str:
        if given := Env.here(settings.BASE_DIR).text(VARIABLE):
            return given
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        password = getpass("Password: ")
        if getpass("Password again: ") != password:
            raise CommandError("These were two different passwords.")
        return password
