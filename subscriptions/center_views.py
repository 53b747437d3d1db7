"""The subscription centre: what one follows, alerts by keyword and rules, tried before kept."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from accounts.models import User
from accounts.views import SignedInMixin
from news.models import Topic
from newsnotify.lib.saying import said
from newsnotify.lib.throttling import spend
from subscriptions import center, rules, selectors, services
from subscriptions.center_forms import (
    PRIORITIES,
    STATES,
    TELL,
    LookForm,
    OptionsForm,
    QueryForm,
    UnfollowForm,
)
from subscriptions.keywords import QueryError, parse
from subscriptions.preview import LIMIT, preview

PER_PAGE = 50
SAMPLE = 5


class SubscriptionListView(SignedInMixin, TemplateView):
    template_name = "subscriptions/subscriptions.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make an alert or a rule of a query."""
        form = QueryForm(request.POST)
        if form.is_valid():
            wish = {"query": form.cleaned_data["query"], "topic": form.cleaned_data["topic"]}
            looked = look(wish["query"])
            if not looked:
                self._keep(wish, form.cleaned_data["then"])
                return redirect("subscriptions")
            form.add_error("query", looked["message"])
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        moment, asked = now(), LookForm(self.request.GET)
        if not asked.is_valid():
            raise Http404
        page = Paginator(center.followed_sources(self.user), PER_PAGE).get_page(
            self.request.GET.get("page")
        )
        tried = {} if "form" in kwargs else tried_by(self.request, self.user, asked)
        then = asked.cleaned_data["then"] or TELL
        context = {
            "form": QueryForm(initial={**asked.cleaned_data, "then": then}),
            "topics": center.followed_topics(self.user, moment),
            "sources": center.with_subscriptions(self.user, list(page), moment),
            "page": page,
            "alerts": center.alerts(self.user, moment),
            "rules": rules.rules_of(self.user).prefetch_related("applications"),
            "priorities": PRIORITIES,
            "states": STATES,
        }
        return super().get_context_data(**{**context, **tried, **kwargs})

    def _keep(self, wish: dict[str, Any], then: str) -> None:
        if then == TELL:
            _row, is_new = services.subscribe(user=self.user, **wish)
            text = _("You will be told of it.")
        else:
            _rule, is_new = rules.make_rule(user=self.user, action=then, **wish)
            text = _("The rule counts from the next article on.")
        messages.success(self.request, text if is_new else _("You have this already."))


class PreviewView(SignedInMixin, View):
    """What a query would have found, while it is typed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = LookForm(request.GET)
        if not request.headers.get("HX-Request") or not form.is_valid():
            return redirect("subscriptions")
        return render(request, "subscriptions/_preview.html", tried_by(request, self.user, form))


def tried_by(request: HttpRequest, user: User, form: LookForm) -> dict[str, Any]:
    """Try a query if there is one, for the fragment that shows what came of it."""
    query: str = form.cleaned_data["query"]
    topic: Topic | None = form.cleaned_data["topic"]
    if not query:
        return {}
    if wrong := look(query):
        return {"wrong": wrong}
    spend(request, LIMIT, str(user.pk))
    found = preview(user=user, now=now(), query=query, topic=topic)
    return {"preview": found, "sample": found.sample[:SAMPLE]}


def look(query: str) -> dict[str, str]:
    """Say what is wrong with a query and mark where; nothing when it can be read."""
    try:
        parse(query)
    except QueryError as error:
        at = error.position
        return {
            "message": said(error.message),
            "before": query[:at],
            "here": query[at : at + 1].strip() or "␣",
            "after": query[at + 1 :],
        }
    return {}


class ChangeView(SignedInMixin, View):
    """Change how a subscription is told, or end it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("subscriptions")  # signing in on the way to post ends here

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(selectors.subscriptions_of(self.user), pk=pk)
        form = OptionsForm(request.POST)
        if "unfollow" in request.POST:
            services.unfollow(user=self.user, ids=[pk])
        elif form.is_valid():
            services.change(subscription=row, changes=form.changes(now()))
            messages.success(request, _("Saved."))
        return redirect("subscriptions")


class UnfollowView(SignedInMixin, View):
    """End the subscriptions that were ticked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("subscriptions")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UnfollowForm(self.user, request.POST)
        if form.is_valid():
            ids = [row.pk for row in form.cleaned_data["unfollow"]]
            count = services.unfollow(user=self.user, ids=ids)
            text = ngettext("%(n)d unfollowed.", "%(n)d unfollowed.", count)
            messages.success(request, text % {"n": count})
        return redirect("subscriptions")


class RuleView(SignedInMixin, View):
    """Pause a rule, take it up again, or remove it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("subscriptions")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = get_object_or_404(rules.rules_of(self.user), pk=pk)
        if "remove" in request.POST:
            rules.remove_rule(rule=rule)
        elif request.POST.get("paused") in {"0", "1"}:
            is_paused = request.POST["paused"] == "1"
            rules.change_rule(rule=rule, changes={"is_paused": is_paused})
        return redirect("subscriptions")
