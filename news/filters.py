import re
from datetime import UTC, datetime
from html import escape
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

from news.models import Article, Source, SourceQuerySet

SORTS = {"seen": "first_seen_at", "published": "dated_at"}

_UNESCAPED_PLUS = re.compile(r"(?<=T)([\d:.]+) (\d\d:?\d\d)$")


class MomentField(IsoDateTimeField):  # type: ignore[misc] # an untyped library
    """RFC 3339; a `+` that a client did not escape arrives as a space."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(_UNESCAPED_PLUS.sub(r"\1+\2", value or ""))
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as error:  # the calendar's first and last hours, told in other zones
            raise ValidationError(_("This moment is out of range.")) from error


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


class IdFilter(filters.NumberFilter):  # type: ignore[misc]
    field_class = forms.IntegerField


class ArticleFilter(filters.FilterSet):  # type: ignore[misc]
    topic = filters.CharFilter(field_name="source__topic__slug")
    source = IdFilter(field_name="source_id", max_value=2**63 - 1, min_value=0)
    q = filters.CharFilter(method="search", max_length=200)
    since = MomentFilter(method="bound")
    until = MomentFilter(method="bound")
    sort = filters.ChoiceFilter(choices=[(name, name) for name in SORTS], method="sorted_by")

    class Meta:
        model = Article
        fields: ClassVar[list[str]] = []

    def search(self, rows: QuerySet[Article], name: str, value: str) -> QuerySet[Article]:
        """Look for words in titles and summaries; in the head of a content that has none.

        There words are found as publishers mostly write them: side by side, in no tag, with
        characters instead of their names.
        """
        said = escape(value, quote=False)
        is_in_no_tag = Q(head__iregex=rf"(^|>)[^<>]*{re.escape(said)}")
        in_head = Q(own_summary=None, head__icontains=said) & is_in_no_tag
        return rows.filter(Q(title__icontains=value) | Q(own_summary__icontains=value) | in_head)

    def bound(self, rows: QuerySet[Article], name: str, value: Any) -> QuerySet[Article]:
        """Bound the time that `sort` names."""
        column = SORTS[self.form.cleaned_data.get("sort") or "seen"]
        return rows.filter(**{f"{column}__{'gte' if name == 'since' else 'lte'}": value})

    def sorted_by(self, rows: QuerySet[Article], name: str, value: str) -> QuerySet[Article]:
        return rows  # the pages sort, see the view's keyset


class SourceFilter(filters.FilterSet):  # type: ignore[misc]
    topic = filters.CharFilter(field_name="topic__slug")
    status = filters.ChoiceFilter(
        choices=[(name, name) for name in ("new", "ok", "failing", "gone", "paused")],
        method="with_status",
    )

    class Meta:
        model = Source
        fields: ClassVar[list[str]] = []

    def with_status(self, rows: SourceQuerySet, name: str, value: str) -> SourceQuerySet:
        return rows.with_status(value)
