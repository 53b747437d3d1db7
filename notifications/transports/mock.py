"""The simulated phone: the stand-in for a push service.

What it would have got is read from the deliveries that reached it (`GET channels/{id}/outbox`),
so nothing has to be stored here.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from notifications.transports.base import Address, Outcome, Parcel, Result, Transport

LONGEST = 200


class Mock(Transport):
    kind = "mock"
    pauses = (0, 10, 60, 300, 1800)
    repeats_unknown = True
    at_once = 100

    def clean(self, given: Mapping[str, Any]) -> Address:
        token = given.get("token")
        is_text = isinstance(token, str) and token.isprintable() and token.strip()
        if not isinstance(token, str) or not is_text or len(token) > LONGEST:
            why = _("Give a token of 1 to %(most)s characters.")
            raise ValidationError({"token": why % {"most": LONGEST}})
        return Address(shown=token.strip(), provider="mock")

    async def send(self, parcel: Parcel) -> Outcome:
        return Outcome(Result.DELIVERED)

    def shown(self, address: Mapping[str, Any]) -> dict[str, Any]:
        return {"token": address["address"]}
