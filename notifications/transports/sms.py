"""SMS: through the Apprise service that the operator names in `SMS_URL`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications.transports import details, wording
from notifications.transports.base import Address, Outcome, Parcel, Result
from notifications.transports.proving import ProvingTransport, Question

PLAIN, OTHER = 160, 134  # one message of GSM's alphabet; two of any other


class Sms(ProvingTransport):
    kind = "sms"
    pauses = (0, 30, 300)
    repeats_unknown = False  # nobody can tell a second one from the first, and each costs money

    @property
    def is_offered(self) -> bool:
        return bool(settings.SMS_URL)

    def clean(self, given: Mapping[str, Any]) -> Address:
        return Address(shown=number_of(given.get("address")), provider="sms")

    async def send(self, parcel: Parcel) -> Outcome:
        with override(parcel.language):
            text = wording.in_short(parcel, PLAIN)
            if not text.isascii():
                text = wording.in_short(parcel, OTHER)
        return await _send(parcel.address["address"], text)

    async def ask(self, question: Question) -> Outcome:
        with override(question.language):
            text = _("%(code)s is your code for NewsNotify.") % {"code": question.code}
        return await _send(question.address["address"], text)


def number_of(given: object) -> str:
    """Read a phone number as E.164 writes it; raises ValidationError."""
    wrong = ValidationError(
        {"address": _("Enter a phone number with its country, such as +4915112345678.")}
    )
    if not isinstance(given, str) or not given.strip().startswith("+") or len(given) > 40:
        raise wrong
    try:
        number = phonenumbers.parse(given)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def _send(number: str, text: str) -> Outcome:
    if not settings.SMS_URL:
        return Outcome(Result.RETRY, detail=details.NO_SMS, is_provider=True)
    from apprise import Apprise

    from notifications.transports import apprising

    # Digits alone: some services take no plus, and all that do take it without.
    url = settings.SMS_URL.replace("{to}", quote(number.removeprefix("+"), safe=""))
    plugin = Apprise.instantiate(url, asset=apprising.asset())
    if plugin is None:
        return Outcome(Result.RETRY, detail=details.UNKNOWN_SMS, is_provider=True)
    return await apprising.call(plugin, title="", body=text)
