"""`/api/v1/channels`: where a person can be reached besides the inbox."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from newsnotify.lib.errors import Conflict
from newsnotify.lib.saying import said
from newsnotify.lib.sealing import SealError
from notifications import channels, cursors, outbox
from notifications.models import Channel
from notifications.transports.registry import TRANSPORTS


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    verified = serializers.SerializerMethodField()
    enabled = serializers.BooleanField(source="is_enabled", required=False)
    last_error = serializers.SerializerMethodField(allow_null=True)
    disabled_reason = serializers.SerializerMethodField()

    class Meta:
        model = Channel
        fields = (
            "id", "kind", "label", "verified", "enabled", "last_error", "disabled_reason",
            "failing_since", "created_at",
        )  # fmt: skip
        read_only_fields = ("kind", "failing_since", "created_at")

    def get_verified(self, channel: Channel) -> bool:
        return channel.verified_at is not None

    def get_disabled_reason(self, channel: Channel) -> str:
        return said(channel.disabled_reason)

    def get_last_error(self, channel: Channel) -> str | None:
        return said(channel.last_error) or None

    def to_representation(self, instance: Channel) -> dict[str, Any]:
        return {**super().to_representation(instance), **_address(instance)}


class NewChannelSerializer(serializers.Serializer[Channel]):
    """What every kind takes; besides, each takes an address of its own."""

    kind = serializers.CharField(max_length=50)
    label = serializers.CharField(  # type: ignore[assignment] # a Field's own name
        max_length=100, required=False, allow_blank=True, default=""
    )


class ChannelChangeSerializer(serializers.Serializer[Channel]):
    label = serializers.CharField(  # type: ignore[assignment] # a Field's own name
        max_length=100, required=False, allow_blank=True
    )
    enabled = serializers.BooleanField(required=False)


class ChannelMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    at = serializers.DateTimeField()
    body = serializers.JSONField()


class MessagesSerializer(serializers.Serializer[Any]):
    cursor = serializers.CharField()
    results = ChannelMessageSerializer(many=True)


def _address(channel: Channel) -> dict[str, Any]:
    transport = TRANSPORTS.get(channel.kind)
    if transport is None:
        return {"address": channel.address}
    try:
        return transport.shown(channel.opened)
    except SealError:
        return {"address": channel.address}


def _own(request: Request) -> QuerySet[Channel]:
    """Everybody sees his own channels and nobody else's."""
    return Channel.objects.filter(user_id=request.user.pk or 0)


class ChannelListView(generics.ListAPIView[Channel]):
    queryset = Channel.objects.none()  # tells the schema the model
    serializer_class = ChannelSerializer

    def get_queryset(self) -> QuerySet[Channel]:
        return _own(self.request)

    @extend_schema(request=NewChannelSerializer, responses={201: ChannelSerializer})
    def post(self, request: Request) -> Response:
        serializer = NewChannelSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        channel, once = channels.add(
            user=cast(User, request.user),
            kind=serializer.validated_data["kind"],
            label=serializer.validated_data["label"],
            given=cast(Mapping[str, Any], request.data),
            now=now(),
        )
        shown = {**ChannelSerializer(channel).data, **once}
        return Response(
            shown, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )


class ChannelView(generics.RetrieveDestroyAPIView[Channel]):
    queryset = Channel.objects.none()  # tells the schema the model
    serializer_class = ChannelSerializer

    def get_queryset(self) -> QuerySet[Channel]:
        return _own(self.request)

    @extend_schema(request=ChannelChangeSerializer, responses=ChannelSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        channel = self.get_object()
        serializer = ChannelChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        channels.change(channel=channel, **serializer.validated_data)
        return Response(ChannelSerializer(self.get_object()).data)

    def perform_destroy(self, instance: Channel) -> None:
        try:
            channels.remove(channel=instance, actor=f"user {instance.user_id}", now=now())
        except channels.BelongsToAccountError as error:
            raise Conflict(error.messages[0]) from error


class _OfChannel(APIView):
    def channel(self, pk: int) -> Channel:
        return generics.get_object_or_404(_own(self.request), pk=pk)


class TestView(_OfChannel):
    @extend_schema(request=None, responses={202: {"type": "object"}})
    def post(self, request: Request, pk: int) -> Response:
        """Send a test to this channel alone; its delivery tells what comes of it."""
        channel = self.channel(pk)
        if not channel.is_enabled or channel.verified_at is None:
            raise Conflict(_("Verify this channel and switch it on first."))
        row = channels.test(channel=channel, now=now())
        place = request.build_absolute_uri(f"/api/v1/notifications/{row.pk}/deliveries")
        body = {"notification": row.pk, "deliveries": place}
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": place})


class SecretView(_OfChannel):
    @extend_schema(request=None, responses={200: {"type": "object"}})
    def post(self, request: Request, pk: int) -> Response:
        """Give a webhook a new secret, shown this once; the former one signs along for a day."""
        channel = self.channel(pk)
        if channel.kind != Channel.Kind.WEBHOOK:
            raise Conflict(_("Only webhooks have a secret."))
        secret = channels.rotate_secret(channel=channel, now=now())
        return Response({"secret": secret}, headers={"Cache-Control": "no-store"})


class OutboxView(_OfChannel):
    @extend_schema(responses=ChannelMessageSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List what a simulated phone has got, the newest first."""
        channel = self.channel(pk)
        if channel.kind != Channel.Kind.MOCK:
            raise Conflict(_("Only the simulated phone has an outbox."))
        return Response(outbox.shown(channel))


class MessagesView(_OfChannel):
    @extend_schema(responses=MessagesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Tell everything that was meant for this channel since a cursor, arrived or not."""
        channel, since = self.channel(pk), request.query_params.get("since", cursors.encode(0))
        try:
            after = cursors.decode(since)
        except cursors.BadCursorError as error:
            raise serializers.ValidationError({"since": [said(str(error))]}) from error
        results, reached = outbox.since(channel, after)
        return Response({"cursor": cursors.encode(reached), "results": results})
