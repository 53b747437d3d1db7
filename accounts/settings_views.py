"""`/settings/…`: what a person may change about himself."""

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView, UpdateView, View

from accounts import audit, credentials, limits, page_sign_ins, services, sign_ins
from accounts.forms import EmailForm, PasswordForm, ProfileForm
from accounts.models import Passkey, RecoveryCode, SignIn, Totp, User
from accounts.second_factor import checking, passkeys
from accounts.views import SignedInMixin


@method_decorator(never_cache, name="dispatch")
class ProfileView(SignedInMixin, UpdateView):  # type: ignore[type-arg]
    template_name = "accounts/profile.html"
    form_class = ProfileForm
    success_url = reverse_lazy("profile")

    def get_object(self, queryset: Any = None) -> User:
        return User.objects.get(pk=self.user.pk)  # the page's own shows what is stored

    def form_valid(self, form: ModelForm[Any]) -> HttpResponse:
        services.change_profile(user=self.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return redirect("profile")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(user=self.user, **kwargs)


@method_decorator(never_cache, name="dispatch")
class SecurityView(SignedInMixin, TemplateView):
    template_name = "accounts/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        forms = {
            "password_form": PasswordForm(auto_id="password_%s"),
            "email_form": EmailForm(auto_id="email_%s"),
        }
        signed_in = {
            "sign_ins": sign_ins.going_on(self.user, now()).order_by("-last_used_at"),
            "current": page_sign_ins.sign_in_of(self.request),
        }
        context = {**forms, **signed_in, **self._second_factor(), **kwargs}
        return super().get_context_data(**context)

    def _second_factor(self) -> dict[str, Any]:
        # Without its secret, which this page shows nobody and may be unreadable.
        app = Totp.objects.filter(user=self.user).exclude(confirmed_at=None).defer("secret")
        return {
            "is_second_factor_set": checking.is_set(self.user),
            "app": app.first(),
            "passkeys": Passkey.objects.filter(user=self.user).order_by("pk"),
            "codes_left": RecoveryCode.objects.filter(user=self.user, used_at=None).count(),
            "are_passkeys_possible": passkeys.are_possible(),
        }


class SecurityFormView(SecurityView, ABC):
    """One of the forms of the security page, which is shown again when something is wrong."""

    name: str
    form_class: type[Form]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("security")  # signing in on the way to post ends here

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST, auto_id=f"{self.name}_%s")
        if form.is_valid():
            limits.password(request)
            try:
                self.change(**form.cleaned_data)
                return redirect("security")
            except ValidationError as error:
                form.add_error(None, error)
        context = self.get_context_data(**{f"{self.name}_form": form})
        return self.render_to_response(context, status=400)

    @abstractmethod
    def change(self, **wanted: Any) -> None:
        """Do it; raises ValidationError by the form's fields."""


class PasswordView(SecurityFormView):
    name, form_class = "password", PasswordForm

    def change(self, **wanted: Any) -> None:
        current, password = wanted["current_password"], wanted["new_password"]
        credentials.change_password(
            user=self.user,
            current=current,
            password=password,
            by=audit.caller(self.request),
            kept=page_sign_ins.sign_in_of(self.request),
        )
        update_session_auth_hash(self.request, self.user)
        messages.success(self.request, _("You have a new password. Everything else is signed out."))


class EmailView(SecurityFormView):
    name, form_class = "email", EmailForm

    def post(self, request: HttpRequest) -> HttpResponse:
        if "keep" in request.POST:
            credentials.forget_email_change(user=self.user)
            return redirect("security")
        return super().post(request)

    def change(self, **wanted: Any) -> None:
        current, email = wanted["current_password"], wanted["email"]
        credentials.ask_email_change(user=self.user, current=current, email=email)


class ResendView(SignedInMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("security")

    def post(self, request: HttpRequest) -> HttpResponse:
        credentials.ask_verification(user=self.user)
        messages.success(request, _("A letter is on its way."))
        return redirect("security")


class EndSignInView(SignedInMixin, View):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("security")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(sign_ins.going_on(self.user, now()), pk=pk)
        sign_ins.end(SignIn.objects.filter(pk=row.pk), by=audit.caller(request))
        messages.success(request, _("Signed out there."))
        return redirect("security")


class EndOtherSignInsView(SignedInMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("security")

    def post(self, request: HttpRequest) -> HttpResponse:
        here = page_sign_ins.sign_in_of(request)
        others = sign_ins.going_on(self.user, now())
        sign_ins.end(others.exclude(pk=here.pk) if here else others, by=audit.caller(request))
        messages.success(request, _("Signed out everywhere else."))
        return redirect("security")
