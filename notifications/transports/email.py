"""E-mail: by SMTP or a mail service, whatever `EMAIL_URL` names."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from newsnotify.lib.mail_connections import Connection, Connections
from notifications.transports import details, letters
from notifications.transports.base import Address, Outcome, Parcel, Result
from notifications.transports.mail_outcomes import outcome_of, outcome_of_taken
from notifications.transports.proving import ProvingTransport, Question

AT_ONCE = 4
LONGEST = 254


class Email(ProvingTransport):
    kind = "email"
    pauses = (0, 60, 300, 900, 3600, 14_400, 43_200)
    repeats_unknown = True  # a mail program shows a second letter with the same Message-ID once
    bounces = True
    at_once = AT_ONCE

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "mail")
        self._connections = Connections()

    def close(self) -> None:
        """Close what is open, in a process that goes on without mail."""
        self._connections.close()

    def clean(self, given: Mapping[str, Any]) -> Address:
        address = given.get("address")
        try:
            if not isinstance(address, str) or len(address) > LONGEST:
                raise ValidationError("")
            validate_email(address := address.strip().lower())
        except ValidationError as error:
            raise ValidationError({"address": [_("Enter a valid e-mail address.")]}) from error
        return Address(shown=address, provider="email")

    async def send(self, parcel: Parcel) -> Outcome:
        return await self.carry(lambda: letters.letter_of(parcel))

    async def ask(self, question: Question) -> Outcome:
        return await self.carry(lambda: letters.question_of(question))

    async def carry(self, write: Callable[[], EmailMessage]) -> Outcome:
        """Write a letter and hand it to the mail server, both in a thread."""
        lent: list[Connection] = []
        loop = asyncio.get_running_loop()
        going = loop.run_in_executor(self._threads, self._carry, write, lent)
        try:
            return await asyncio.wait_for(going, self.seconds - 2)
        except TimeoutError:
            return Outcome(Result.RETRY, detail=details.MAIL_SLOW, is_provider=True)
        finally:
            if not going.done() or going.cancelled():
                for connection in lent:
                    connection.cut()

    def _carry(self, write: Callable[[], EmailMessage], lent: list[Connection]) -> Outcome:
        letter = write()
        try:
            with self._connections.one() as connection:
                lent.append(connection)
                connection.send(letter)
        except Exception as error:  # noqa: BLE001 - outcome_of raises what is no outcome
            return outcome_of(error)
        return outcome_of_taken(letter)
