"""`/api/v1/users` and `/api/v1/audit`: for admins."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics

from accounts.models import AuditRecord, Role, User
from accounts.permissions import IsAdmin
from accounts.serializers import AuditRecordSerializer, KnownUserSerializer


class UserFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    role = filters.ChoiceFilter(choices=Role.choices)
    q = filters.CharFilter(method="begin_so")

    class Meta:
        model = User
        fields: ClassVar[list[str]] = []

    def begin_so(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(Q(email__istartswith=value.strip()) | Q(external_id=value.strip()))


class UserListView(generics.ListAPIView[User]):
    queryset = User.objects.all()
    serializer_class = KnownUserSerializer
    filterset_class = UserFilter
    permission_classes = (IsAdmin,)


class AuditFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    action = filters.ChoiceFilter(choices=AuditRecord.Action.choices)
    actor = filters.NumberFilter(field_name="actor_id")
    subject = filters.NumberFilter(field_name="subject_id")

    class Meta:
        model = AuditRecord
        fields: ClassVar[list[str]] = []


class AuditListView(generics.ListAPIView[AuditRecord]):
    queryset = AuditRecord.objects.all()
    serializer_class = AuditRecordSerializer
    filterset_class = AuditFilter
    permission_classes = (IsAdmin,)
