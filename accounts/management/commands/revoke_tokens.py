from typing import Any

from accounts import sign_ins
from accounts.audit import OPERATOR
from accounts.management.of_person import PersonCommand


class Command(PersonCommand):
    help = "End all sign-ins of a person, on pages and by tokens; sockets close within 10 s."

    def handle(self, *args: Any, **options: Any) -> None:
        user = self.person(options["email"])
        count = sign_ins.end_all(user, by=OPERATOR)
        self.stdout.write(f"Ended {count} sign-in{'' if count == 1 else 's'} of {user}.")
