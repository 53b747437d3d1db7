from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.views.generic import DetailView, TemplateView

from accounts.views import NewsMixin
from news import selectors
from news.forms import ArticleFilterForm
from news.models import Article, Topic

PER_PAGE = 30


class ArticleListView(NewsMixin, TemplateView):
    template_name = "news/articles.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ArticleFilterForm(self.request.user, self.request.GET)
        if not form.is_valid():
            raise Http404
        rows = selectors.visible_articles(self.request.user).defer("content")
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
        return super().get_context_data(
            older=siblings.filter(_before(article)).order_by("-first_seen_at", "-id").first(),
            newer=siblings.exclude(_before(article) | Q(pk=article.pk)).order_by(*by_age).first(),
            # Many feeds begin the text with the very image that they also name apart.
            has_own_image=bool(article.image_url) and article.image_url not in article.content,
            files=[file for file in article.enclosures if file["url"] != article.image_url],
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
