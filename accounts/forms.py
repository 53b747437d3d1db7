from typing import ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import User


def new_password(label: StrOrPromise) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=128,
        strip=False,
        help_text=_("At least 8 characters, not only digits, and not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 8}),
    )


def current_password() -> forms.CharField:
    return forms.CharField(
        label=_("Current password"),
        max_length=128,
        strip=False,
        required=False,  # who came by another way has none
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignInForm(AuthenticationForm):
    # One sentence for a wrong password, an unknown and a closed account: it tells nothing.
    error_messages = dict.fromkeys(
        ("invalid_login", "inactive"),
        _("This e-mail and password do not belong together. Please try again."),
    )

    username = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class SignUpForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    password = new_password(_("Password"))
    name = forms.CharField(
        label=_("Name (optional)"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    timezone = forms.CharField(
        max_length=64, required=False, widget=forms.HiddenInput(attrs={"data-time-zone": True})
    )

    def clean_timezone(self) -> str:
        # The browser fills it in unseen, so nobody could mend a wrong one.
        name: str = self.cleaned_data["timezone"]
        return name if name in available_timezones() else "UTC"


class ForgotForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class ResetForm(forms.Form):
    token = forms.CharField(max_length=1000, widget=forms.HiddenInput)
    password = new_password(_("New password"))


class ProfileForm(forms.ModelForm[User]):
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        help_text=_("Times on these pages are shown in it."),
    )

    class Meta:
        model = User
        fields = ("name", "timezone", "language")
        labels: ClassVar = {"name": _("Name"), "language": _("Language")}
        help_texts: ClassVar = {
            "language": _("Of our e-mails, and of notifications that come in several.")
        }
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class PasswordForm(forms.Form):
    current_password = current_password()
    new_password = new_password(_("New password"))


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("New e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    current_password = current_password()


class CurrentPasswordForm(forms.Form):
    current_password = current_password()


def code(label: StrOrPromise, help_text: StrOrPromise = "") -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, max_length=40, help_text=help_text, widget=widget)


class SecondStepForm(forms.Form):
    otp = code(_("Code"), _("Of your authenticator app, or one of your recovery codes."))


class AppForm(CurrentPasswordForm):
    field_order = ("otp", "current_password")
    otp = code(_("Code that the app shows now"))


class PasskeyNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Such as the device or the app that keeps it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PasskeyForm(PasskeyNameForm, CurrentPasswordForm):
    field_order = ("name", "current_password")
    passkey = forms.CharField(max_length=20_000, widget=forms.HiddenInput)
