from html import escape
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404
from django.views.generic import DetailView, TemplateView

from accounts.models import User
from accounts.views import NewsMixin
from news import selectors
from news.forms import ArticleFilterForm
from news.models import Article, Source, Topic
from news.revisions import differences

PER_PAGE = 30
CHANGES = 20  # of an article that are compared
LATEST = 10  # articles and attempts of a source


class ArticleListView(NewsMixin, TemplateView):
    template_name = "news/articles.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ArticleFilterForm(self.request.user, self.request.GET)
        if not form.is_valid():
            raise Http404
        rows = selectors.visible_articles(self.request.user).without_contents()
        found = list(_wanted(rows, form.cleaned_data)[: PER_PAGE + 1])
        return super().get_context_data(
            **form.cleaned_data,
            articles=found[:PER_PAGE],
            older=found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
            topics=Topic.objects.all(),
            **kwargs,
        )


class ArticleView(NewsMixin, DetailView):  # type: ignore[type-arg]
    template_name = "news/article.html"

    def get_queryset(self) -> QuerySet[Article]:
        return selectors.visible_articles(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        article = self.object
        siblings = Article.objects.filter(source=article.source_id).only("title")
        by_age = ("first_seen_at", "id")
        content = article.content  # cleaned by each look at it
        return super().get_context_data(
            older=siblings.filter(_before(article)).order_by("-first_seen_at", "-id").first(),
            newer=siblings.exclude(_before(article) | Q(pk=article.pk)).order_by(*by_age).first(),
            # Many feeds begin the text with the very image that they also name apart.
            has_own_image=bool(article.image_url)
            and escape(article.image_url, quote=False) not in content,
            content=content,
            files=[file for file in article.enclosures if file["url"] != article.image_url],
            changes=article.revisions.aggregate(count=Count("pk"), last_at=Max("replaced_at")),
            **kwargs,
        )


class ChangesView(NewsMixin, DetailView):  # type: ignore[type-arg]
    template_name = "news/changes.html"

    def get_queryset(self) -> QuerySet[Article]:
        return selectors.visible_articles(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        revisions = list(self.object.revisions.order_by("-pk")[:CHANGES])
        changes = zip(revisions, differences([self.object, *revisions]), strict=True)
        return super().get_context_data(changes=list(changes), **kwargs)


class SourceView(NewsMixin, DetailView):  # type: ignore[type-arg]
    template_name = "news/source.html"

    def get_queryset(self) -> QuerySet[Source]:
        return selectors.sources_for(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        source = self.object
        articles = selectors.visible_articles(self.request.user).filter(source=source)
        user = self.request.user
        may_see_fetches = isinstance(user, User) and user.is_editor
        return super().get_context_data(
            articles=articles.without_contents()[:LATEST],
            fetches=source.fetches.order_by("-pk")[:LATEST] if may_see_fetches else None,
            **kwargs,
        )


def _wanted(articles: QuerySet[Article], wanted: dict[str, Any]) -> QuerySet[Article]:
    if wanted["topic"]:
        articles = articles.filter(source__topic=wanted["topic"])
    if wanted["source"]:
        articles = articles.filter(source=wanted["source"])
    if wanted["q"]:
        articles = articles.filter(title__icontains=wanted["q"])
    return articles.filter(_before(wanted["before"])) if wanted["before"] else articles


def _before(article: Article) -> Q:
    """Match what stands after an article in a list sorted by when it was first seen."""
    moment = article.first_seen_at
    return Q(first_seen_at__lt=moment) | Q(first_seen_at=moment, pk__lt=article.pk)
