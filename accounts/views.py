from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.generic import FormView, View
from django_htmx.http import HttpResponseClientRedirect

from accounts import services
from accounts.forms import SignInForm, SignUpForm
from accounts.models import User

if TYPE_CHECKING:
    _View = View
else:
    _View = object


class SignedInMixin(LoginRequiredMixin, _View):
    """A page for people who are signed in."""

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def handle_no_permission(self) -> HttpResponseRedirectBase:  # type: ignore[override]
        response = super().handle_no_permission()
        # htmx would follow a plain redirect by itself and put the sign-in page into a button.
        is_fragment = self.request.headers.get("HX-Request") == "true"
        return HttpResponseClientRedirect(response.url) if is_fragment else response


class NewsMixin(AccessMixin, _View):
    """A page of news: for everybody, unless the operator closed the house."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.REQUIRE_LOGIN and not request.user.is_authenticated:
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


class SignUpView(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    template_name = "accounts/signup.html"
    form_class = SignUpForm
    next_page = "topics"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            user = services.register(**form.cleaned_data, language=get_language())
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        login(self.request, user)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


class SignInView(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOutView(LogoutView):
    template_name = "accounts/logout.html"
    http_method_names = ("get", "post", "options")  # get asks, post does
