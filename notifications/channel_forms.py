"""Forms of the channels page: one for each kind that a person may add there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.models import Channel
from notifications.transports.chat_services import NAMES
from notifications.transports.registry import offered

Kind = Channel.Kind


@dataclass(frozen=True)
class Entry:
    """What a kind is called, and the field that takes its address."""

    title: StrOrPromise
    name: str
    label: StrOrPromise
    hint: StrOrPromise
    input: Callable[..., forms.Widget] = forms.TextInput
    attributes: dict[str, str] = field(default_factory=dict)


ENTRIES: dict[str, Entry] = {
    Kind.EMAIL: Entry(
        _("Another e-mail address"),
        "address",
        _("E-mail"),
        _("We send a code there first, and nothing else until you enter it."),
        forms.EmailInput,
        {"autocomplete": "email"},
    ),
    Kind.SMS: Entry(
        _("Text messages (SMS)"),
        "address",
        _("Phone number"),
        _("With its country, such as +4915112345678. We send a code there first."),
        forms.TextInput,
        {"autocomplete": "tel", "inputmode": "tel"},
    ),
    Kind.CHAT: Entry(
        _("A chat"),
        "url",
        _("Address of the chat"),
        _("A web hook copied from Discord, Slack or Google Chat, or the address that Apprise has."),
        forms.TextInput,
        {"autocomplete": "off", "spellcheck": "false"},
    ),
    Kind.WEBHOOK: Entry(
        _("A webhook"),
        "url",
        _("Address to post to"),
        _("Each notification is posted there as JSON, signed as Standard Webhooks describes."),
        forms.URLInput,
        {"autocomplete": "off", "spellcheck": "false"},
    ),
}
CHATS = NAMES


class ChannelForm(forms.Form):
    """Adds a channel of one kind; what is wrong with the address its transport says."""

    label = forms.CharField(
        label=_("What you call it (optional)"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("address", "url", "label")

    def __init__(self, data: QueryDict | None = None, *, kind: str) -> None:
        self.kind, self.entry = kind, ENTRIES[kind]
        super().__init__(data, auto_id=f"{kind}_%s")
        self.fields[self.entry.name] = forms.CharField(
            label=self.entry.label,
            help_text=self.entry.hint,
            max_length=1000,
            widget=self.entry.input(attrs=self.entry.attributes),
        )
        self.order_fields(self.field_order)

    @property
    def given(self) -> dict[str, Any]:
        return {self.entry.name: self.cleaned_data[self.entry.name]}

    def refuse(self, error: ValidationError) -> None:
        """Show what is wrong beside the field it is about."""
        is_by_field = hasattr(error, "error_dict")
        messages = error.message_dict if is_by_field else {"": error.messages}
        for name, several in messages.items():
            for message in several:
                self.add_error(name if name in self.fields else None, message)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": "8"}
        ),
    )


def addable(chosen: ChannelForm | None = None) -> list[ChannelForm]:
    """Give an empty form for each kind this server speaks, and the one that was sent in its place.

    The order is the page's.
    """
    kinds = [kind for kind in ENTRIES if kind in offered()]
    return [chosen if chosen and chosen.kind == kind else ChannelForm(kind=kind) for kind in kinds]
