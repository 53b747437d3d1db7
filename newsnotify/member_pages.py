"""Pages for taking one's data along, and for leaving."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, View

from accounts import audit, credentials, limits
from accounts.forms import CurrentPasswordForm
from accounts.views import SignedInMixin
from newsnotify import membership

FILE = "newsnotify-export.json"


@method_decorator(never_cache, name="dispatch")
class ExportView(SignedInMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        form = {"indent": 2, "ensure_ascii": False}
        response = JsonResponse(membership.export(self.user), json_dumps_params=form)
        response["Content-Disposition"] = f'attachment; filename="{FILE}"'
        return response


@method_decorator(never_cache, name="dispatch")
class DeleteView(SignedInMixin, FormView):  # type: ignore[type-arg]
    template_name = "accounts/delete.html"
    form_class = CurrentPasswordForm

    def form_valid(self, form: CurrentPasswordForm) -> HttpResponse:
        user = self.user
        limits.password(self.request)
        try:
            credentials.check_current(user, form.cleaned_data["current_password"])
            membership.leave(user=user, by=audit.caller(self.request))
        except ValidationError as error:
            # What names no field of this form, such as that of the last admin, stands above it.
            is_password = "current_password" in getattr(error, "error_dict", {})
            form.add_error("current_password" if is_password else None, error.messages)
            return self.form_invalid(form)
        logout(self.request)
        messages.success(self.request, _("Your account is deleted, and all that was in it."))
        return redirect("home")

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)
