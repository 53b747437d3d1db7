"""Pages behind the links in our letters, and the one that asks for a letter."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from accounts import audit, credentials, limits
from accounts.forms import ForgotForm, ResetForm


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class VerifyView(TemplateView):
    """Verifies by one click, also without signing in: letters are opened on other devices.

    Opening the link alone does nothing, since scanners of mail open all there are.
    """

    template_name = "accounts/verify.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.GET.get("token", "")
        try:
            credentials.check_link(token=token)
        except ValidationError as error:
            return self._refuse(error)
        return self.render_to_response(self.get_context_data(token=token))

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            user = credentials.verify(token=request.POST.get("token", ""), by=audit.caller(request))
        except ValidationError as error:
            return self._refuse(error)
        return self.render_to_response(self.get_context_data(email=user.email))

    def _refuse(self, error: ValidationError) -> HttpResponse:
        context = self.get_context_data(errors=error.messages)
        return self.render_to_response(context, status=400)


@method_decorator(login_not_required, name="dispatch")
class ForgotView(FormView):  # type: ignore[type-arg]
    template_name = "accounts/forgot_password.html"
    form_class = ForgotForm

    def form_valid(self, form: ForgotForm) -> HttpResponse:
        limits.reset(self.request)
        credentials.ask_reset(email=form.cleaned_data["email"])
        return redirect(f"{reverse('forgot_password')}?sent=1")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(is_sent="sent" in self.request.GET, **kwargs)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class ResetView(FormView):  # type: ignore[type-arg]
    template_name = "accounts/reset_password.html"
    form_class = ResetForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.GET.get("token", "")
        if not credentials.may_reset(token=token):
            return self._refuse()
        form = ResetForm(initial={"token": token})
        return self.render_to_response(self.get_context_data(form=form))

    def form_valid(self, form: ResetForm) -> HttpResponse:
        limits.reset(self.request)
        try:
            credentials.reset_password(**form.cleaned_data, by=audit.caller(self.request))
        except ValidationError as error:
            if "token" in error.message_dict:
                return self._refuse()
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(self.request, _("You have a new password. Sign in with it."))
        return redirect("login")

    def _refuse(self) -> HttpResponse:
        return self.render_to_response(self.get_context_data(is_over=True), status=400)
