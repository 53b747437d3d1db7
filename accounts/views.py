from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from accounts import limits, services
from accounts.forms import SignInForm, SignUpForm
from accounts.models import User

if TYPE_CHECKING:
    _View = View
else:
    _View = object


class SignedInMixin(LoginRequiredMixin, _View):
    """A page for people who are signed in: as any page is that says nothing else."""

    @property
    def user(self) -> User:
        return cast(User, self.request.user)


class NewsMixin(AccessMixin, _View):
    """A page of news: for everybody, unless the operator closed the house."""

    @method_decorator(login_not_required)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.REQUIRE_LOGIN and not request.user.is_authenticated:
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


@method_decorator(login_not_required, name="dispatch")
class SignUpView(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    template_name = "accounts/signup.html"
    form_class = SignUpForm
    next_page = "topics"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        limits.registration(self.request)
        try:
            user = services.register(**form.cleaned_data, language=get_language())
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        login(self.request, user)
        text = _("We sent a link to %(email)s. Open it, so that we may write to you.")
        messages.success(self.request, text % {"email": user.email})
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


class SignInView(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    template_name = "accounts/logout.html"
    http_method_names = ("get", "post", "options")  # get asks, post does
