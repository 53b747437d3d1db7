from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import RedirectURLMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.views.generic import TemplateView, View

from accounts.models import User
from accounts.views import SignedInMixin
from news.models import Article, Topic
from news.selectors import visible_articles
from notifications import selectors, services
from notifications.forms import InboxForm, MarkForm
from notifications.models import Event, Notification, Place

PER_PAGE = 30
HEADLINES, PER_SOURCE, LOOKED_THROUGH = 10, 2, 90


@method_decorator(login_not_required, name="dispatch")
class HomeView(View):
    """The front door: the inbox of who is signed in, the latest headlines for anybody else."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            return InboxView.as_view()(request)
        if settings.REQUIRE_LOGIN:
            return render(request, "home.html", {"is_closed": True})
        newest = visible_articles(request.user).without_contents().order_by("-dated_at", "-id")
        headlines = _mixed(newest[:LOOKED_THROUGH])
        return render(request, "home.html", {"articles": headlines, "topics": Topic.objects.all()})


class InboxView(SignedInMixin, TemplateView):
    template_name = "notifications/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = InboxForm(self.request.GET)
        if not form.is_valid():
            raise Http404
        # Before the list: the page's socket begins at this inbox's revision, so what arrives
        # between the two queries comes twice (and is shown once) instead of never.
        getattr(self.user, "inbox", None)
        rows = self._rows(**form.cleaned_data)
        return super().get_context_data(
            **form.cleaned_data,
            notifications=rows[:PER_PAGE],
            older=rows[PER_PAGE - 1].created_revision if len(rows) > PER_PAGE else None,
            follows_any=self.user.subscriptions.exists(),
            topics=Topic.objects.all(),
            blanks=[_blank(self.user, is_unread=True), _blank(self.user, is_unread=False)],
            **kwargs,
        )

    def _rows(self, show: str, before: int | None) -> list[Notification]:
        rows = selectors.notifications_of(self.user).filter(place=Place.INBOX)
        if show == "unread":
            rows = rows.filter(is_unread=True)
        if before:
            rows = rows.filter(created_revision__lt=before)
        return list(rows.order_by("-created_revision")[: PER_PAGE + 1])


class OpenView(SignedInMixin, View):
    """Read a notification where it leads to.

    A GET marks it read, as opening a letter does: it is a plain link that opens in a new tab
    too, it may be repeated, and it changes nothing but the reader's own row.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notification = get_object_or_404(selectors.notifications_of(self.user), pk=pk)
        services.mark_read(user=self.user, ids=[pk], now=now())
        event = notification.event
        if visible_articles(self.user).filter(pk=event.article_id or 0).exists():
            return redirect("article", event.article_id)
        if event.url:
            return HttpResponseRedirect(event.url)
        context = {"notification": notification}
        return render(request, "notifications/notification.html", context)


class MarkReadView(SignedInMixin, RedirectURLMixin, View):
    next_page = "inbox"

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(self.get_success_url())  # signing in on the way to post ends here

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MarkForm(request.POST)
        if not form.is_valid():
            return HttpResponseBadRequest()
        pk, read = form.cleaned_data["notification"], form.cleaned_data["read"]
        rows = selectors.notifications_of(self.user)
        if pk:
            get_object_or_404(rows, pk=pk)
        services.mark_read(user=self.user, now=now(), ids=[pk] if pk else None, read=read)
        if pk and request.headers.get("HX-Request"):
            context = {"notification": rows.get(pk=pk), "next": self.get_redirect_url()}
            return render(request, "notifications/_marked.html", context)
        return redirect(self.get_success_url())


def _blank(user: User, *, is_unread: bool) -> Notification:
    """Make the empty notification whose row live.js copies and fills."""
    return Notification(pk=0, user=user, event=Event(pk=0, title=" "), is_unread=is_unread)


def _mixed(articles: Iterable[Article]) -> list[Article]:
    """Keep a few of each source, so that one busy source is not the whole front page."""
    seen: Counter[int] = Counter()
    kept = []
    for article in articles:
        seen[article.source_id] += 1
        if seen[article.source_id] <= PER_SOURCE:
            kept.append(article)
    return kept[:HEADLINES]
