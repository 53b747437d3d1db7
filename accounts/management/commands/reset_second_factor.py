from typing import Any

from accounts.audit import OPERATOR
from accounts.management.of_person import PersonCommand
from accounts.second_factor import services


class Command(PersonCommand):
    help = (
        "Take the second step from somebody's sign-in: the authenticator app, passkeys and "
        "recovery codes. See first that it is he who asks. The password stays."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        user = self.person(options["email"])
        was_set = services.reset(user, by=OPERATOR)
        self.stdout.write(
            f"{user} signs in with a password alone." if was_set else f"{user} had no second step."
        )
