"""The pages that answer why somebody was told, or was not."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from django.views.generic import TemplateView

from accounts.views import SignedInMixin
from news.selectors import visible_articles
from notifications import selectors
from notifications.explaining import shown


class NotificationView(SignedInMixin, TemplateView):
    template_name = "notifications/why.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = get_object_or_404(selectors.notifications_of(self.user), pk=kwargs["pk"])
        why = shown.of_notification(row, now())
        return super().get_context_data(why=why, notification=row, event=row.event, **kwargs)


class ArticleView(SignedInMixin, TemplateView):
    template_name = "notifications/why.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        article = get_object_or_404(visible_articles(self.user), pk=kwargs["pk"])
        why = shown.of_article(article, self.user, now())
        return super().get_context_data(why=why, article=article, **kwargs)
