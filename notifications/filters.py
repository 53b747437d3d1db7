from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from notifications.models import Notification, Place
from subscriptions.priorities import Priority


class NotificationFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    read = filters.BooleanFilter(field_name="is_unread", exclude=True)
    archived = filters.BooleanFilter(method="lie_in_archive")
    topic = filters.CharFilter(field_name="event__topic__slug")
    category = filters.CharFilter(field_name="event__category")
    priority = filters.ChoiceFilter(method="have_priority", choices=Priority.choices)
    q = filters.CharFilter(method="search")

    class Meta:
        model = Notification
        fields: ClassVar[list[str]] = []

    def lie_in_archive(
        self, rows: QuerySet[Notification], name: str, value: bool
    ) -> QuerySet[Notification]:
        return rows.filter(place=Place.ARCHIVED if value else Place.INBOX)

    def have_priority(
        self, rows: QuerySet[Notification], name: str, value: str
    ) -> QuerySet[Notification]:
        return rows.filter(
            Q(own_priority=Priority(value).rank) | Q(own_priority=None, event__priority=value)
        )

    def search(self, rows: QuerySet[Notification], name: str, value: str) -> QuerySet[Notification]:
        return rows.filter(Q(event__title__icontains=value) | Q(event__message__icontains=value))

    def filter_queryset(self, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.form.cleaned_data["archived"] is None:
            queryset = queryset.filter(place=Place.INBOX)
        found: QuerySet[Notification] = super().filter_queryset(queryset)
        return found
