from typing import Any

from django import forms

from news import selectors
from news.models import Article, Source, Topic
from news.selectors import Viewer


class ArticleFilterForm(forms.Form):
    """Which articles to list: what the address of the page may ask for."""

    q = forms.CharField(max_length=100, required=False)
    topic = forms.ModelChoiceField(Topic.objects.all(), to_field_name="slug", required=False)
    source = forms.ModelChoiceField(Source.objects.none(), required=False)
    before = forms.ModelChoiceField(Article.objects.none(), required=False)

    def __init__(self, viewer: Viewer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("source", selectors.visible_sources(viewer)),
            (
                "before",
                selectors.visible_articles(viewer).select_related(None).only("first_seen_at"),
            ),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
            field.queryset = rows
