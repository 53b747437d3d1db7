from typing import Any

from django import forms
from django.utils.translation import gettext as _

MOST = 2**63 - 1


class InboxForm(forms.Form):
    """Which notifications to list: what the address of the page may ask for."""

    show = forms.ChoiceField(choices=[("all", "all"), ("unread", "unread")], required=False)
    before = forms.IntegerField(min_value=1, max_value=MOST, required=False)


class MarkForm(forms.Form):
    """One notification, or all of them, becomes read or unread."""

    notification = forms.IntegerField(min_value=1, max_value=MOST, required=False)
    all = forms.BooleanField(required=False)
    read = forms.TypedChoiceField(choices=[("1", "1"), ("0", "0")], coerce=lambda one: one == "1")

    def clean(self) -> dict[str, Any]:
        # Without this a lost number would mark the whole inbox.
        if bool(self.cleaned_data.get("notification")) == self.cleaned_data.get("all"):
            raise forms.ValidationError(_("Either a notification or all."))
        return self.cleaned_data
