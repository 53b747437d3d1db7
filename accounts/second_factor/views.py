"""Pages of second factors: what signing in asks for, and where a person sets it up."""

from abc import ABC, abstractmethod
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts import audit, credentials, entering, limits, page_sign_ins
from accounts.audit import Action, By
from accounts.forms import (
    AppForm,
    CurrentPasswordForm,
    PasskeyForm,
    PasskeyNameForm,
    SecondStepForm,
)
from accounts.models import Passkey, Totp, User
from accounts.second_factor import checking, passkeys, pending, services, totp
from accounts.views import SignedInMixin
from newsnotify.lib.client_address import client_address

ASKED = "passkey_asked"  # in a session: what a browser was asked to make a passkey with


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class SecondStepView(FormView):  # type: ignore[type-arg]
    """What stands between a right password, or a provider's word, and a session."""

    template_name = "accounts/second_step.html"
    form_class = SecondStepForm
    user: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = pending.user_of(request)
        if user is None:
            return redirect("login")
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "passkey" in request.POST:
            return self._show_passkey(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SecondStepForm) -> HttpResponse:
        if checking.is_good(self.user, form.cleaned_data["otp"], self.request):
            return entering.finish(self.request, self.user)
        form.add_error("otp", _("This code is wrong, or was used before."))
        return self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def _show_passkey(self, request: HttpRequest) -> HttpResponse:
        limits.second_factor(request, self.user)
        state = pending.take_state(request)
        if state and passkeys.is_good(self.user, request.POST["passkey"], state):
            return entering.finish(request, self.user)
        by = By(self.user, client_address(request))
        audit.record(Action.SECOND_FACTOR_REFUSED, by, self.user, factor="passkey")
        context = self.get_context_data(passkey_error=_("This passkey was not accepted."))
        return self.render_to_response(context, status=400)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = ""
        if passkeys.are_possible() and Passkey.objects.filter(user=self.user).exists():
            options, state = passkeys.ask(self.user)
            pending.put_state(self.request, state)
        shown = {"account": self.user.email, "options": options}
        return super().get_context_data(**{"form": SecondStepForm(), **shown, **kwargs})


@method_decorator(never_cache, name="dispatch")
class FactorView(SignedInMixin, FormView, ABC):  # type: ignore[type-arg]
    """A page that changes how its reader signs in, for whom his password is asked again."""

    def form_valid(self, form: Form) -> HttpResponse:
        limits.password(self.request)
        wanted = form.cleaned_data
        try:
            credentials.check_current(self.user, wanted.pop("current_password"))
            return self.change(**wanted)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)

    @abstractmethod
    def change(self, **wanted: Any) -> HttpResponse:
        """Do it; raises ValidationError, where it can by the form's fields."""

    @property
    def by(self) -> dict[str, Any]:
        """Tell who changes it, and which sign-in goes on."""
        kept = page_sign_ins.sign_in_of(self.request)
        return {"by": audit.caller(self.request), "kept": kept}

    def done(self, text: str, codes: list[str]) -> HttpResponse:
        """Show the recovery codes that came with it, once, or go back to where they are listed."""
        messages.success(self.request, text)
        if not codes:
            return redirect("security")
        return render(self.request, "accounts/recovery_codes.html", {"codes": codes})


class AppView(FactorView):
    template_name = "accounts/app.html"

    @property
    def is_set_up(self) -> bool:
        return Totp.objects.filter(user=self.user).exclude(confirmed_at=None).exists()

    def get_form_class(self) -> type[Form]:
        return CurrentPasswordForm if self.is_set_up else AppForm

    def change(self, **wanted: Any) -> HttpResponse:
        if "otp" not in wanted:
            services.remove_app(user=self.user, by=audit.caller(self.request))
            return self.done(_("The authenticator app is removed."), [])
        codes = services.confirm_app(user=self.user, otp=wanted["otp"], **self.by)
        return self.done(_("Signing in asks for a code of the app from now on."), codes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(is_set_up=self.is_set_up, **kwargs)
        if not context["is_set_up"]:
            row = services.begin_app(self.user)
            context["secret"] = " ".join(row.secret[at : at + 4] for at in range(0, 32, 4))
            context["qr_code"] = _qr_code(totp.uri(row.secret, str(self.user)))
        return context


def _qr_code(text: str) -> SafeString:
    drawn = segno.make(text, error="m", micro=False)
    picture = drawn.svg_inline(
        border=2, dark="#000", light="#fff", title=_("QR code"), omitsize=True, svgclass=None
    )
    return mark_safe(picture)  # noqa: S308 - numbers, and our own title


class AddPasskeyView(FactorView):
    template_name = "accounts/add_passkey.html"
    form_class = PasskeyForm

    def change(self, **wanted: Any) -> HttpResponse:
        state = self.request.session.pop(ASKED, {})
        answer = wanted["passkey"]
        codes = passkeys.add(
            user=self.user, name=wanted["name"], answer=answer, state=state, **self.by
        )
        return self.done(_("The passkey is added."), codes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(are_possible=passkeys.are_possible(), **kwargs)
        if context["are_possible"]:
            context["options"], self.request.session[ASKED] = passkeys.ask_for_new(self.user)
        return context


class PasskeyView(FactorView):
    """One passkey: its name, and its end."""

    template_name = "accounts/passkey.html"
    form_class = CurrentPasswordForm

    @property
    def row(self) -> Passkey:
        rows = Passkey.objects.select_related("user")
        return get_object_or_404(rows, pk=self.kwargs["pk"], user=self.user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "rename" not in request.POST:
            return super().post(request, *args, **kwargs)
        named, row = PasskeyNameForm(request.POST), self.row
        if not named.is_valid():
            context = self.get_context_data(name_form=named)
            return self.render_to_response(context, status=400)
        Passkey.objects.filter(pk=row.pk).update(**named.cleaned_data)
        return self.done(_("Saved."), [])

    def change(self, **wanted: Any) -> HttpResponse:
        services.remove_passkey(self.row, by=audit.caller(self.request))
        return self.done(_("The passkey is removed."), [])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        shown = {"passkey": row, "name_form": PasskeyNameForm(initial={"name": row.name})}
        return super().get_context_data(**{**shown, **kwargs})


class RecoveryCodesView(FactorView):
    template_name = "accounts/recovery_codes.html"
    form_class = CurrentPasswordForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if user.is_authenticated and not checking.is_set(user):
            return redirect("security")
        return super().dispatch(request, *args, **kwargs)

    def change(self, **wanted: Any) -> HttpResponse:
        codes = services.make_recovery_codes(self.user, by=audit.caller(self.request))
        return self.done(_("The former codes are over."), codes)
