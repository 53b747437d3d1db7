from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from accounts import entering, limits, services
from accounts.forms import SignInForm, SignUpForm
from accounts.models import User
from accounts.oidc import provider
from accounts.oidc import views as oidc
from accounts.second_factor.required import SecondFactorRequired

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
        to = entering.enter(self.request, user, to=self.get_success_url())
        text = _("We sent a link to %(email)s. Open it, so that we may write to you.")
        messages.success(self.request, text % {"email": user.email})
        return to

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


class SignInView(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except SecondFactorRequired as asked:
            return entering.ask(request, asked.user, to=self.get_success_url())

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return entering.enter(self.request, form.get_user(), to=self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(provider=provider.configured(), **kwargs)


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to our own page: Django's for the admin knows of no second step, and no provider."""
    if request.user.is_authenticated:
        raise PermissionDenied
    query = request.GET.urlencode()
    return redirect(f"{reverse('login')}{'?' if query else ''}{query}")


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    template_name = "accounts/logout.html"
    http_method_names = ("get", "post", "options")  # get asks, post does

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        there = oidc.sign_out_url(request)
        response = super().post(request, *args, **kwargs)
        if not there:
            return response
        # A redirect is refused to a form by `form-action`; a page that leads on is none.
        found = provider.configured()
        context = {"there": there, "provider": found.name if found else ""}
        return render(request, "accounts/signed_out.html", context)
