from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from notifications.models import Notification, Priority


class NotificationFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    read = filters.BooleanFilter(field_name="is_unread", exclude=True)
    archived = filters.BooleanFilter(field_name="is_archived")
    topic = filters.CharFilter(field_name="event__topic__slug")
    category = filters.CharFilter(field_name="event__category")
    priority = filters.ChoiceFilter(field_name="event__priority", choices=Priority.choices)
    q = filters.CharFilter(method="search")

    class Meta:
        model = Notification
        fields: ClassVar[list[str]] = []

    def search(self, rows: QuerySet[Notification], name: str, value: str) -> QuerySet[Notification]:
        return rows.filter(Q(event__title__icontains=value) | Q(event__message__icontains=value))

    def filter_queryset(self, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.form.cleaned_data["archived"] is None:
            queryset = queryset.filter(is_archived=False)
        found: QuerySet[Notification] = super().filter_queryset(queryset)
        return found
