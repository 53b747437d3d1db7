from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View
from django_htmx.http import HttpResponseClientRefresh

from accounts.views import NewsMixin, SignedInMixin
from news.models import Source, Topic
from subscriptions import selectors, services
from subscriptions.forms import FollowUrlForm, SourceFilterForm

PER_PAGE = 50


class TopicListView(NewsMixin, TemplateView):
    template_name = "subscriptions/topics.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        viewer = self.request.user
        return super().get_context_data(
            topics=selectors.topics_for(viewer),
            follows_any=selectors.subscriptions_of(viewer).exists(),
            **kwargs,
        )


class SourceListView(NewsMixin, TemplateView):
    template_name = "subscriptions/sources.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        form = FollowUrlForm(request.POST)
        if not form.is_valid():
            return self._refuse(form)
        try:
            followed, _new = services.follow_url(user=request.user, url=form.cleaned_data["url"])
        except ValidationError as error:
            form.add_error(None, error)
            return self._refuse(form)
        messages.success(request, _("You follow %(source)s now.") % {"source": followed.source})
        return redirect("subscriptions")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = SourceFilterForm(self.request.GET)
        if not wanted.is_valid():
            raise Http404
        topic = wanted.cleaned_data["topic"]
        sources = selectors.sources_for(self.request.user).order_by("title", "id")
        pages = Paginator(sources.filter(topic=topic) if topic else sources, PER_PAGE)
        context = {"topic": topic, "topics": Topic.objects.all(), "form": FollowUrlForm()}
        return super().get_context_data(
            **{**context, "page": pages.get_page(self.request.GET.get("page")), **kwargs}
        )

    def _refuse(self, form: FollowUrlForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


class FollowView(ABC, SignedInMixin, RedirectURLMixin, View):
    """Follow or leave one thing, then show its button, or go back to where it was pressed."""

    def get(self, request: HttpRequest, **key: Any) -> HttpResponse:
        return redirect(self.get_success_url())  # signing in on the way to post ends here

    def post(self, request: HttpRequest, **key: Any) -> HttpResponse:
        thing = get_object_or_404(self.rows(), **key)
        self.change(thing, follow=request.POST.get("follow") == "1")
        if not request.headers.get("HX-Request"):
            return redirect(self.get_success_url())
        thing = self.rows().filter(**key).first()
        if thing is None:  # a source brought by its URL is out of sight once it is left
            return HttpResponseClientRefresh()
        context = {"thing": thing, "action": request.path, "next": self.get_redirect_url()}
        return render(request, "subscriptions/_follow.html", context)

    @abstractmethod
    def rows(self) -> QuerySet[Any]:
        """List what this person may follow."""

    @abstractmethod
    def change(self, thing: Any, *, follow: bool) -> None:
        """Follow it, or leave it."""


class FollowTopicView(FollowView):
    next_page = "topics"

    def rows(self) -> QuerySet[Topic]:
        return selectors.topics_for(self.user)

    def change(self, thing: Topic, *, follow: bool) -> None:
        verb = services.follow_topic if follow else services.unfollow_topic
        verb(user=self.user, topic=thing)


class FollowSourceView(FollowView):
    next_page = "sources"

    def rows(self) -> QuerySet[Source]:
        return selectors.sources_for(self.user)

    def change(self, thing: Source, *, follow: bool) -> None:
        verb = services.follow_source if follow else services.unfollow_source
        verb(user=self.user, source=thing)
