"""Chats, through Apprise: those of `chat_services`."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications.transports import chat_services, wording
from notifications.transports.base import Address, Outcome, Parcel, Result, Transport

LONGEST = 1900  # Discord takes 2,000 characters, the others more
_CALLS = re.compile(r"@(?=everyone|here|channel|all)|(?<![\w/])@|<(?=[!@#&])")


class Chat(Transport):
    kind = "chat"
    pauses = (0, 30, 300)
    repeats_unknown = True

    def clean(self, given: Mapping[str, Any]) -> Address:
        url = given.get("url")
        if not isinstance(url, str) or not url.strip():
            raise ValidationError({"url": _("Enter the address of a chat.")})
        try:
            chat = chat_services.chat_of(url)
        except ValidationError as error:
            raise ValidationError({"url": error.messages}) from error
        return Address(
            shown=chat_services.masked(chat),
            provider=f"chat:{chat.service.name}",
            sealed={"url": chat.url},
        )

    async def send(self, parcel: Parcel) -> Outcome:
        from notifications.transports import apprising

        try:
            plugin = chat_services.plugin_of(chat_services.chat_of(parcel.address["url"]))
        except ValidationError as error:  # its service is no longer listed
            return Outcome(Result.FAILED, detail=error.messages[0])
        with override(parcel.language):
            title, text, link = wording.in_full(parcel, LONGEST)
        body = "\n\n".join(filter(None, (_quiet(text), link)))
        return await apprising.call(plugin, title=_quiet(title), body=body)

    def shown(self, address: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": address["address"]}


def _quiet(text: str) -> str:
    """Put a word joiner into what would call people: it reads the same and calls nobody."""
    return _CALLS.sub("\\g<0>\u2060", text)
