"""Deliveries: what became of a notification, what was given up, and sending it once more."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsPersonOrKey, is_admin
from newsnotify.lib.errors import Conflict
from notifications import notify_api, replaying
from notifications.models import Attempt, Channel, Delivery


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ("at", "result", "status_code", "detail", "actor")


class MadeDeliverySerializer(serializers.ModelSerializer[Delivery]):
    attempts = AttemptSerializer(many=True, source="log", read_only=True)
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            "id", "notification", "channel", "kind", "state", "reason", "attempts", "due_at",
            "created_at", "ended_at",
        )  # fmt: skip

    def get_due_at(self, row: Delivery) -> str | None:
        if row.due_at is None or row.state == Delivery.State.SENDING:
            return None
        return serializers.DateTimeField().to_representation(row.due_at)


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    state = filters.MultipleChoiceFilter(choices=Delivery.State.choices)
    kind = filters.ChoiceFilter(choices=Channel.Kind.choices)
    channel = filters.NumberFilter(field_name="channel_id", min_value=1, max_value=2**63 - 1)
    user = filters.NumberFilter(field_name="user_id", min_value=1, max_value=2**63 - 1)
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if not self.form.cleaned_data["state"]:
            queryset = queryset.filter(replaying.DEAD)
        found: QuerySet[Delivery] = super().filter_queryset(queryset)
        return found


class ReplaySerializer(serializers.Serializer[Any]):
    """Either these, or all dead ones since a time, as far as the rest narrows them."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=1000,
    )
    since = serializers.DateTimeField(required=False)
    kind = serializers.ChoiceField(choices=Channel.Kind.choices, required=False)
    channel = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("since" in attrs):
            raise serializers.ValidationError({"ids": [_('Give either "ids" or "since".')]})
        return attrs


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()


def _deliveries() -> QuerySet[Delivery]:
    log = Prefetch("log", Attempt.objects.order_by("pk"))
    return Delivery.objects.prefetch_related(log)


def _seen_by(request: Request) -> QuerySet[Delivery]:
    """Everybody sees his own, an admin everybody's."""
    rows = _deliveries()
    return rows if is_admin(request) else rows.filter(user_id=request.user.pk or 0)


def _actor(request: Request) -> str:
    return f"{'admin' if is_admin(request) else 'user'} {request.user.pk}"


class OfNotificationView(APIView):
    permission_classes = (IsPersonOrKey,)

    @extend_schema(responses=MadeDeliverySerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        row = generics.get_object_or_404(notify_api.seen_by(request), pk=pk)
        rows = _deliveries().filter(notification=row).order_by("pk")
        return Response(MadeDeliverySerializer(rows, many=True).data)


class DeliveryListView(generics.ListAPIView[Delivery]):
    """Dead letters, or with `state` whatever is asked for."""

    queryset = Delivery.objects.none()  # tells the schema the model
    serializer_class = MadeDeliverySerializer
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[Delivery]:
        return _seen_by(self.request)


class ReplayView(APIView):
    @extend_schema(request=ReplaySerializer, responses={202: ReplayedSerializer})
    def post(self, request: Request) -> Response:
        serializer = ReplaySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        rows = _seen_by(request)
        if "ids" in given:
            rows = rows.filter(pk__in=given["ids"])
        else:
            rows = rows.filter(replaying.DEAD, created_at__gte=given["since"])
        narrowed = {name: given[name] for name in ("kind", "channel") if name in given}
        count = replaying.replay(rows.filter(**narrowed), actor=_actor(request), now=now())
        return Response({"replayed": count}, status=status.HTTP_202_ACCEPTED)


class ReplayOneView(APIView):
    @extend_schema(
        operation_id="api_v1_delivery_replay_create",
        request=None,
        responses={202: MadeDeliverySerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        rows = _seen_by(request).filter(pk=pk)
        row = generics.get_object_or_404(rows)
        if not replaying.replay(rows, actor=_actor(request), now=now()):
            why = _("A delivery that is %(state)s cannot be sent once more.")
            raise Conflict(why % {"state": row.state})
        return Response(MadeDeliverySerializer(rows.get()).data, status=status.HTTP_202_ACCEPTED)
